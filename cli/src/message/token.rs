//! Instructions of the token programs, and of the program that makes associated token accounts. Which token it is, and how many
//! decimals it has, only the cluster knows: amounts are in its smallest units.

use {
    super::accounts::Accounts,
    solana_address::Address,
    spl_token_2022_interface::instruction::{AuthorityType, TokenInstruction as Token},
};

/// What an instruction of a token program does; nothing where it is not known.
pub fn instruction(data: &[u8], accounts: &Accounts) -> Option<String> {
    let at = |position| accounts.at(position);
    #[expect(deprecated, reason = "messages may transfer tokens in the old way")]
    let what = match Token::unpack(data).ok()? {
        Token::Transfer { amount } => transfer(amount, None, [at(0), at(1), at(2)]),
        Token::TransferChecked { amount, .. } => transfer(amount, Some(at(1)), [at(0), at(2), at(3)]),
        Token::Approve { amount } => approve(amount, None, [at(0), at(1), at(2)]),
        Token::ApproveChecked { amount, .. } => approve(amount, Some(at(1)), [at(0), at(2), at(3)]),
        Token::Revoke => format!("revoke the delegate of {}, as {}", at(0), at(1)),
        Token::SetAuthority { authority_type, new_authority } => {
            let new = Option::<Address>::from(new_authority).map_or("none".into(), |new| new.to_string());
            format!("make {new} {} of {}, as {}", authority(&authority_type), at(0), at(1))
        }
        Token::MintTo { amount } | Token::MintToChecked { amount, .. } => {
            format!("mint {amount} smallest units of mint {} into {}, as {}", at(0), at(1), at(2))
        }
        Token::Burn { amount } | Token::BurnChecked { amount, .. } => {
            format!("burn {amount} smallest units of mint {} in {}, as {}", at(1), at(0), at(2))
        }
        Token::CloseAccount => format!("close {}, whose lamports go to {}, as {}", at(0), at(1), at(2)),
        Token::FreezeAccount => format!("freeze token account {} of mint {}, as {}", at(0), at(1), at(2)),
        Token::ThawAccount => format!("thaw token account {} of mint {}, as {}", at(0), at(1), at(2)),
        Token::InitializeAccount => format!("initialize token account {} of {} for mint {}", at(0), at(2), at(1)),
        Token::InitializeAccount2 { owner } | Token::InitializeAccount3 { owner } => {
            format!("initialize token account {} of {owner} for mint {}", at(0), at(1))
        }
        Token::InitializeMint { decimals, mint_authority, freeze_authority }
        | Token::InitializeMint2 { decimals, mint_authority, freeze_authority } => {
            let freeze_authority =
                Option::<Address>::from(freeze_authority).map_or("none".into(), |new| new.to_string());
            format!(
                "initialize mint {} with {decimals} decimals, mint authority {mint_authority}, freeze authority {freeze_authority}",
                at(0)
            )
        }
        Token::InitializeImmutableOwner => format!("make the owner of token account {} immutable", at(0)),
        Token::SyncNative => format!("sync the lamports of {} as wrapped SOL", at(0)),
        _ => return None,
    };
    Some(what)
}

/// What an instruction does that makes an associated token account; nothing where it is another.
pub fn associated(data: &[u8], accounts: &Accounts) -> Option<String> {
    let unless = match data {
        [] | [0] => "",
        [1] => ", unless it exists",
        _ => return None,
    };
    let [payer, account, wallet, mint] = [0, 1, 2, 3].map(|position| accounts.at(position));
    Some(format!("create token account {account} of {wallet} for mint {mint}, with rent from {payer}{unless}"))
}

fn transfer(amount: u64, mint: Option<String>, [from, to, owner]: [String; 3]) -> String {
    format!("transfer {} from token account {from} to {to}, as {owner}", units(amount, mint))
}

fn approve(amount: u64, mint: Option<String>, [from, delegate, owner]: [String; 3]) -> String {
    format!("approve {delegate} for {} in token account {from}, as {owner}", units(amount, mint))
}

fn units(amount: u64, mint: Option<String>) -> String {
    let mint = mint.map_or(String::new(), |mint| format!(" of mint {mint}"));
    format!("{amount} smallest units{mint}")
}

fn authority(what: &AuthorityType) -> String {
    match what {
        AuthorityType::AccountOwner => "owner".into(),
        AuthorityType::CloseAccount => "close authority".into(),
        AuthorityType::MintTokens => "mint authority".into(),
        AuthorityType::FreezeAccount => "freeze authority".into(),
        other => format!("authority ({other:?})"),
    }
}
