//! Transactions of Squads multisigs: their messages, and the instructions of their program.

use {
    super::{Message, accounts::Accounts},
    crate::units::sol,
    solana_address::Address,
    solana_hash::Hash,
    solana_message::{
        MessageHeader, VersionedMessage,
        compiled_instruction::CompiledInstruction,
        v0::{self, MessageAddressTableLookup},
    },
    tidepool_client::words::seconds,
    tidepool_squads::{
        instruction::SquadsInstruction,
        message::{LoadedAddresses, VaultMessage},
        state::{ConfigAction, Member, Permissions, SpendingLimit},
    },
};

/// As [`Message::of_vault`].
pub fn message(message: &VaultMessage, loaded: Option<&[LoadedAddresses]>) -> Message {
    let mut account_keys = message.account_keys.clone();
    let address_table_lookups = match loaded {
        Some(tables) => {
            // In the order that indices count them.
            account_keys.extend(tables.iter().flat_map(|table| &table.writable));
            account_keys.extend(tables.iter().flat_map(|table| &table.readonly));
            vec![]
        }
        None => message
            .lookups
            .iter()
            .map(|lookup| MessageAddressTableLookup {
                account_key: lookup.table,
                writable_indexes: lookup.writable.clone(),
                readonly_indexes: lookup.readonly.clone(),
            })
            .collect(),
    };
    let instructions = message.instructions.iter().map(|instruction| CompiledInstruction {
        program_id_index: instruction.program_index,
        accounts: instruction.accounts.clone(),
        data: instruction.data.clone(),
    });
    Message(VersionedMessage::V0(v0::Message {
        header: MessageHeader { num_required_signatures: message.num_signers, ..MessageHeader::default() },
        recent_blockhash: Hash::default(),
        instructions: instructions.collect(),
        account_keys,
        address_table_lookups,
    }))
}

/// What an instruction does, with the instructions that it proposes; nothing where it is not known.
pub fn instruction(data: &[u8], accounts: &Accounts, pool_program: Option<Address>) -> Option<String> {
    use SquadsInstruction as Squads;
    let at = |position| accounts.at(position);
    let proposed = |message: &VaultMessage, derived: u8| {
        let derived = if derived > 0 { format!(", with {derived} derived signers") } else { String::new() };
        format!("{derived}: {}", numbered(message, pool_program))
    };
    let memo = |memo: &Option<String>| memo.as_ref().map_or_else(String::new, |memo| format!("; memo {memo:?}"));
    Some(match SquadsInstruction::decode(data).ok()?? {
        Squads::MultisigCreate { config_authority, threshold, members, time_lock } => {
            let members: Vec<_> = members.iter().map(member).collect();
            let authority = config_authority.map_or_else(
                || "which its members change by a vote".into(),
                |authority| format!("which {authority} can change WITHOUT a vote"),
            );
            format!(
                "create multisig {}, {authority}: {threshold} approvals, time lock {}; members {}",
                at(2),
                seconds(time_lock),
                members.join(", ")
            )
        }
        Squads::VaultTransactionCreate { vault_index, derived_signers, message, memo: text } => format!(
            "propose to multisig {}, as {}, to sign by vault {vault_index}{}{}",
            at(0),
            at(2),
            proposed(&message, derived_signers),
            memo(&text)
        ),
        Squads::VaultTransactionExecute => {
            format!("execute transaction {} of multisig {}, as {}", at(2), at(0), at(3))
        }
        Squads::ProposalCreate { index, is_draft } => {
            let what = if is_draft { "a draft of proposal" } else { "proposal" };
            format!("create {what} {index} of multisig {}, as {}", at(0), at(2))
        }
        Squads::ProposalActivate => format!("put proposal {} of multisig {} to the vote, as {}", at(2), at(0), at(1)),
        Squads::ProposalApprove { memo: text } => {
            format!("APPROVE proposal {} of multisig {}, as {}{}", at(2), at(0), at(1), memo(&text))
        }
        Squads::ProposalReject { memo: text } => {
            format!("reject proposal {} of multisig {}, as {}{}", at(2), at(0), at(1), memo(&text))
        }
        Squads::ProposalCancel { memo: text } => {
            format!("cancel proposal {} of multisig {}, as {}{}", at(2), at(0), at(1), memo(&text))
        }
        Squads::BatchCreate { vault_index, memo: text } => {
            format!("create batch {} of multisig {} for vault {vault_index}, as {}{}", at(1), at(0), at(2), memo(&text))
        }
        Squads::BatchAddTransaction { derived_signers, message } => {
            format!("add to batch {} of multisig {}, as {}{}", at(2), at(0), at(4), proposed(&message, derived_signers))
        }
        Squads::BatchExecuteTransaction => {
            format!("execute transaction {} of batch {} of multisig {}, as {}", at(4), at(3), at(0), at(1))
        }
        Squads::ConfigTransactionCreate { actions, memo: text } => {
            let actions: Vec<_> = actions.iter().map(action).collect();
            format!("propose to multisig {}, as {}: {}{}", at(0), at(2), actions.join("; "), memo(&text))
        }
        Squads::ConfigTransactionExecute => {
            format!("execute change {} of multisig {}, as {}", at(3), at(0), at(1))
        }
    })
}

/// The instructions of a message. A proposal within a proposal is not opened: it would be another multisig's.
fn numbered(message: &VaultMessage, pool_program: Option<Address>) -> String {
    let lines = self::message(message, None).instructions_at(pool_program, false);
    let lines: Vec<_> = lines.iter().enumerate().map(|(index, line)| format!("({}) {line}", index + 1)).collect();
    if lines.is_empty() { "nothing".into() } else { lines.join(" ") }
}

/// A member and what they may do.
pub fn member(member: &Member) -> String {
    let Member { key, permissions } = member;
    let all = [(Permissions::PROPOSE, "propose"), (Permissions::VOTE, "vote"), (Permissions::EXECUTE, "execute")];
    let may: Vec<_> = all.iter().filter(|(one, _)| permissions.include(*one)).map(|(_, name)| *name).collect();
    let may = if may.is_empty() { "may do nothing".into() } else { format!("may {}", may.join(", ")) };
    format!("{key} ({may})")
}

/// A change of a multisig.
pub fn action(action: &ConfigAction) -> String {
    let list = |all: &[Address]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match action {
        ConfigAction::AddMember(new) => format!("add member {}", member(new)),
        ConfigAction::RemoveMember(member) => format!("remove member {member}"),
        ConfigAction::ChangeThreshold(threshold) => format!("change the threshold to {threshold} approvals"),
        ConfigAction::SetTimeLock(time) => format!("set the time lock to {}", seconds(*time)),
        ConfigAction::AddSpendingLimit(limit) => {
            let SpendingLimit { vault_index, mint, amount, period, members, destinations, .. } = limit;
            let amount = if *mint == Address::default() {
                sol(*amount)
            } else {
                format!("{amount} smallest units of mint {mint}")
            };
            let often =
                ["once", "a day", "a week", "a month"].get(usize::from(*period)).unwrap_or(&"in an unknown period");
            let to = if destinations.is_empty() { "any address".into() } else { list(destinations) };
            format!("let {} spend {amount} {often} from vault {vault_index} WITHOUT a vote, to {to}", list(members))
        }
        ConfigAction::RemoveSpendingLimit(limit) => format!("remove spending limit {limit}"),
        ConfigAction::SetRentCollector(collector) => match collector {
            Some(collector) => format!("pay the rent of closed transactions to {collector}"),
            None => "pay the rent of closed transactions to no address".into(),
        },
    }
}
