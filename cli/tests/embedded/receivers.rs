//! Receivers and authorities that could not sign: what they get would be lost.

use {
    super::{
        harness::{SOL, Stage, USAGE, assert_fails, number, said, text},
        withdrawals::staked_pool,
    },
    clap::{Arg, CommandFactory as _},
    solana_account::Account,
    solana_address::Address,
    solana_keypair::Keypair,
    solana_nonce::{state::State as NonceState, versions::Versions},
    solana_signer::Signer as _,
    std::collections::BTreeSet,
    tidepool_cli::command_line::Cli,
    tidepool_interface::{
        address::{SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID},
        external::token::{TOKEN_ACCOUNT_LENGTH, TokenAccount},
    },
};

/// Rent of a token account of SPL Token.
const TOKEN_ACCOUNT_RENT: u64 = 2_039_280;

/// The override of every command.
const ALLOW: &str = "--allow-unsignable-address";

/// The mint of wrapped SOL of SPL Token.
const NATIVE_MINT: Address = Address::from_str_const("So11111111111111111111111111111111111111112");

/// What an option that takes an address is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Use {
    /// A wallet that gets something, or an authority: the command line up to the address.
    Signer(&'static str),
    /// A token account that gets pool tokens: the command line up to the address.
    TokenAccount(&'static str),
    /// It is looked up or gives something, and gets nothing.
    Source,
}

/// All options and arguments that take an address which is neither a pool, nor a validator or stake account to work on, nor a
/// key. The command is empty for an option of every command.
const ADDRESSES: [(&str, &str, Use); 31] = [
    ("deposit-sol", "to", Use::Signer("deposit-sol POOL 1 --to")),
    ("deposit-sol", "token_account", Use::TokenAccount("deposit-sol POOL 1 --token-account")),
    ("deposit-sol", "referrer", Use::TokenAccount("deposit-sol POOL 1 --referrer")),
    ("deposit-stake", "to", Use::Signer("deposit-stake POOL STAKE --to")),
    ("deposit-stake", "token_account", Use::TokenAccount("deposit-stake POOL STAKE --token-account")),
    ("deposit-stake", "referrer", Use::TokenAccount("deposit-stake POOL STAKE --referrer")),
    ("withdraw", "to", Use::Signer("withdraw POOL 1 --to")),
    ("withdraw", "from", Use::Source),
    ("withdraw-sol", "to", Use::Signer("withdraw-sol POOL 1 --to")),
    ("withdraw-sol", "from", Use::Source),
    ("withdraw-stake", "stake_authority", Use::Signer("withdraw-stake POOL 2 --stake-authority")),
    ("withdraw-stake", "from", Use::Source),
    ("move", "from", Use::Source),
    ("create-pool", "staker", Use::Signer("create-pool --program-id PROGRAM --staker")),
    ("set-staker", "new_staker", Use::Signer("set-staker POOL")),
    ("set-funding-authority", "authority", Use::Signer("set-funding-authority POOL sol-withdraw")),
    ("set-limits", "guardian", Use::Signer("set-limits POOL --guardian")),
    ("set-manager", "fee_account", Use::TokenAccount("set-manager POOL WALLET --fee-account")),
    ("lookup-tables", "tables", Use::Source),
    ("crank", "lookup_tables", Use::Source),
    ("update", "lookup_tables", Use::Source),
    ("rebalance", "lookup_tables", Use::Source),
    ("tickets", "owner", Use::Source),
    ("balance", "wallet", Use::Source),
    ("balance", "pool", Use::Source),
    ("statement", "wallet", Use::Source),
    ("statement", "pool", Use::Source),
    ("squads", "multisig", Use::Source),
    ("", "program_id", Use::Source),
    ("", "squads", Use::Source),
    ("", "nonce", Use::Source),
];

/// Values that are no addresses, by the name that help shows.
const OTHER_VALUES: [&str; 36] = [
    "ADDRESS:PORT",
    "ADDRESS=SIGNATURE",
    "AMOUNT",
    "BLOCKHASH",
    "BOOL",
    "DATE|EPOCH",
    "DIRECTORY",
    "EPOCHS",
    "FEE",
    "FILE",
    "FOR",
    "FORMAT",
    "ID",
    "INDEX",
    "KEY|SIGNATURE|SLOT",
    "KIND",
    "LEVEL",
    "MESSAGE",
    "MICRO_LAMPORTS",
    "MICRO_LAMPORTS|auto|pN",
    "N",
    "NUMBER",
    "PERCENT",
    "PERCENT|none",
    "POOL_TOKENS",
    "SECONDS",
    "SOL",
    "TEXT",
    "TIME",
    "URI",
    "URL",
    "URL_OR_MONIKER",
    "VOTE=WEIGHT",
    "WHAT",
    "WHEN",
    "[NAME=]FILE",
];

/// Pools, validators and stake accounts to work on, and keys, which sign.
const WORKED_ON_OR_KEY: [&str; 7] =
    ["POOL", "TO_POOL", "VOTE_ACCOUNT", "VOTE_ACCOUNT|none", "STAKE_ACCOUNT", "KEYPAIR", "NEW_MANAGER_KEYPAIR"];

/// A new option that takes an address has to be checked, or to be listed as one that gets nothing.
#[test]
fn every_address_option_is_checked_or_gets_nothing() {
    let cli = Cli::command();
    assert!(cli.get_subcommands().all(|command| !command.has_subcommands()), "walk through subcommands as well");
    let commands = cli.get_subcommands().map(|command| (command.get_name(), command.get_arguments()));
    let mut found = BTreeSet::new();
    for (command, arguments) in [("", cli.get_arguments())].into_iter().chain(commands) {
        for argument in arguments.filter(|argument| !argument.get_possible_values().is_empty() || takes_value(argument))
        {
            let names: Vec<_> =
                argument.get_value_names().unwrap_or_default().iter().map(|name| name.as_str()).collect();
            let is_listed = |list: &[&str]| !names.is_empty() && names.iter().all(|name| list.contains(name));
            let is_choice = !argument.get_possible_values().is_empty();
            if is_choice || is_listed(&OTHER_VALUES) || is_listed(&WORKED_ON_OR_KEY) {
                continue;
            }
            let id = argument.get_id().as_str();
            let is_known = ADDRESSES.iter().any(|(of, known, _)| (*of, *known) == (command, id));
            assert!(is_known, "{command} {id} ({names:?}): list what it takes");
            found.insert((command, id));
        }
    }
    assert_eq!(found.len(), ADDRESSES.len(), "an option in the table is gone: {found:?}");
}

fn takes_value(argument: &Arg) -> bool {
    argument.get_num_args().is_some_and(|range| range.takes_values()) || argument.get_action().takes_values()
}

fn owned(owner: Address, data: Vec<u8>) -> Account {
    Account { lamports: SOL, data, owner, ..Account::default() }
}

fn set(stage: &Stage, account: Account) -> Address {
    let address = Address::new_unique();
    stage.cluster.set_account(&address, account);
    address
}

fn nonce_account() -> Account {
    let mut data = bincode::serialize(&Versions::new(NonceState::Uninitialized)).unwrap();
    data.resize(NonceState::size(), 0);
    owned(SYSTEM_PROGRAM_ID, data)
}

fn multisig() -> Account {
    let mut data = vec![7; 355];
    data[..3].copy_from_slice(&[1, 1, 1]);
    owned(TOKEN_PROGRAM_ID, data)
}

/// An empty token account.
pub fn tokens(mint: Address, owner: Address) -> Account {
    let mut data = vec![0; TOKEN_ACCOUNT_LENGTH];
    data[..32].copy_from_slice(mint.as_ref());
    data[32..64].copy_from_slice(owner.as_ref());
    data[108] = 1;
    owned(TOKEN_PROGRAM_ID, data)
}

/// An empty account of wrapped SOL.
fn wrapped(owner: Address) -> Account {
    let mut account = tokens(NATIVE_MINT, owner);
    account.lamports = TOKEN_ACCOUNT_RENT;
    account.data[109..113].copy_from_slice(&1u32.to_le_bytes());
    account.data[113..121].copy_from_slice(&TOKEN_ACCOUNT_RENT.to_le_bytes());
    account
}

/// A pool, and accounts around it that cannot sign, each with its kind.
pub struct World {
    pub stage: Stage,
    pub pool: String,
    mint: Address,
    /// A stake account of the wallet.
    stake: String,
    pub unsignable: Vec<(Address, &'static str)>,
    /// What parts of the pool are for a command about another pool; `None` for an address without an account.
    elsewhere: [(&'static str, Option<&'static str>); 5],
}

impl World {
    pub async fn new() -> Self {
        let stage = Stage::new();
        let pool = staked_pool(&stage, "").await;
        let withdrawn = stage.must(&format!("withdraw-stake {pool} 2")).await;
        let stake = text(&withdrawn["stake_accounts"][0]["address"]);
        let shown = stage.must(&format!("show {pool}")).await;
        let at = |group: &str, name: &str| text(&shown[group][name]).parse::<Address>().unwrap();
        let mint = at("accounts", "pool_mint");
        let other = set(&stage, owned(Address::new_unique(), vec![9; 40]));
        let unsignable = vec![
            (pool.parse().unwrap(), "the pool itself"),
            (mint, "the mint of the pool"),
            (at("accounts", "reserve_stake"), "the reserve of the pool"),
            (at("accounts", "validator_list"), "the validator list of the pool"),
            (at("authorities", "withdraw"), "the withdraw authority of the pool"),
            (at("accounts", "manager_fee"), "a token account"),
            (stage.program_id, "a program"),
            (TOKEN_PROGRAM_ID, "a program"),
            (SYSTEM_PROGRAM_ID, "the address of a native program"),
            (stage.vote(0), "a validator's vote account"),
            (stake.parse().unwrap(), "a stake account"),
            (solana_sdk_ids::sysvar::clock::ID, "a sysvar"),
            (solana_sdk_ids::sysvar::instructions::ID, "a sysvar"),
            (solana_sdk_ids::incinerator::ID, "the incinerator"),
            (set(&stage, nonce_account()), "a nonce account"),
            (set(&stage, multisig()), "a token multisig"),
            (set(&stage, tokens(mint, stage.wallet.pubkey())), "a token account"),
            (other, "an account of program"),
        ];
        let elsewhere = [
            ("the pool itself", Some("a stake pool")),
            ("the mint of the pool", Some("a token mint")),
            ("the reserve of the pool", Some("a stake account")),
            ("the validator list of the pool", Some("a pool's validator list")),
            ("the withdraw authority of the pool", None),
        ];
        Self { stage, pool, mint, stake, unsignable, elsewhere }
    }

    pub fn line(&self, template: &str) -> String {
        let line = template.replace("POOL", &self.pool).replace("STAKE", &self.stake);
        line.replace("PROGRAM", &self.stage.program_id.to_string()).replace("WALLET", &self.stage.folder_file("wallet"))
    }

    /// Checks that the dry run of a command line is not rejected for its addresses.
    async fn accepts(&self, line: &str) {
        if let Err(error) = self.stage.run(&format!("{line} --dry-run")).await {
            panic!("{line}: {error}");
        }
    }
}

fn signers() -> impl Iterator<Item = &'static str> {
    ADDRESSES.iter().filter_map(|(_, _, used)| if let Use::Signer(line) = used { Some(*line) } else { None })
}

fn token_accounts() -> impl Iterator<Item = &'static str> {
    ADDRESSES.iter().filter_map(|(_, _, used)| if let Use::TokenAccount(line) = used { Some(*line) } else { None })
}

#[tokio::test]
async fn rejects_receivers_and_authorities_that_cannot_sign() {
    let world = World::new().await;
    for template in signers() {
        let line = world.line(template);
        for (address, what) in &world.unsignable {
            let line = format!("{line} {address}");
            let elsewhere =
                world.elsewhere.iter().find(|(part, _)| part == what && template.starts_with("create-pool"));
            let Some(what) = elsewhere.map_or(Some(*what), |(_, kind)| *kind) else { continue };
            let named = template.rsplit(' ').next().filter(|word| word.starts_with("--")).unwrap_or("");
            assert_fails(&world.stage, &line, USAGE, &[&address.to_string(), what, "cannot sign", named, ALLOW]).await;
        }
    }
}

/// Wallets that exist, new ones, and vaults of multisig programs, which are addresses off the curve without an account.
#[tokio::test]
async fn accepts_wallets_and_vaults() {
    let world = World::new().await;
    let (wallet, _) = world.stage.another_wallet("other", SOL);
    let (vault, _) = Address::find_program_address(&[b"vault"], &Address::new_unique());
    let (funded, _) = Address::find_program_address(&[b"vault"], &Address::new_unique());
    world.stage.cluster.airdrop(&funded, SOL);
    for template in signers() {
        let line = world.line(template);
        for address in [wallet, Keypair::new().pubkey(), funded, vault] {
            world.accepts(&format!("{line} {address}")).await;
            let is_warned =
                said().iter().any(|line| line.contains("off the curve") && line.contains(&address.to_string()));
            assert_eq!(is_warned, address == vault, "{line} {address}");
        }
    }
}

/// The token account has to be one, of the pool's token, and its owner has to be able to sign.
#[tokio::test]
async fn rejects_token_accounts_that_belong_to_what_cannot_sign() {
    let world = World::new().await;
    let (stage, mint) = (&world.stage, world.mint);
    let wallet = stage.wallet.pubkey();
    let good = set(stage, tokens(mint, wallet));
    let other_mint = set(stage, tokens(Address::new_unique(), wallet));
    let mut frozen = tokens(mint, wallet);
    frozen.data[108] = 2;
    let frozen = set(stage, frozen);
    for template in token_accounts() {
        let line = world.line(template);
        let option = template.rsplit(' ').next().unwrap();
        for (owner, what) in &world.unsignable {
            let account = set(stage, tokens(mint, *owner));
            let line = format!("{line} {account}");
            let (address, owner_address) = (account.to_string(), owner.to_string());
            let parts = [address.as_str(), &owner_address, what, "cannot sign", option, ALLOW];
            assert_fails(stage, &line, USAGE, &parts).await;
            world.accepts(&format!("{line} {ALLOW}")).await;
            if *what != "a token account" {
                let line = world.line(template);
                let parts = [owner_address.as_str(), "not a token account of the pool token", option];
                let error = stage.run(&format!("{line} {owner}")).await.unwrap_err().to_string();
                assert!(parts.iter().all(|part| error.contains(part)), "{line} {owner}: {error}");
            }
        }
        for (account, what) in
            [(other_mint, "a token account of mint"), (frozen, "frozen"), (Address::new_unique(), "does not exist")]
        {
            let error = stage.run(&format!("{line} {account}")).await.unwrap_err().to_string();
            let address = account.to_string();
            let parts = [address.as_str(), what, option];
            assert!(parts.iter().all(|part| error.contains(part)), "{line} {account}: {error}");
        }
        // A wallet is told its own account of the token.
        let associated = associated(&wallet, &mint);
        let error = stage.run(&format!("{line} {wallet}")).await.unwrap_err().to_string();
        assert!(error.contains("is a wallet") && error.contains(&associated.to_string()), "{line} {wallet}: {error}");
        world.accepts(&format!("{line} {good}")).await;
    }
}

fn associated(owner: &Address, mint: &Address) -> Address {
    spl_associated_token_account_interface::address::get_associated_token_address(owner, mint)
}

/// The override does what it says: the tokens of a mint, and a staker that is a program's account.
#[tokio::test]
async fn the_override_sends_all_the_same() {
    let world = World::new().await;
    let (stage, pool, mint) = (&world.stage, &world.pool, world.mint);
    let deposited = stage.must(&format!("deposit-sol {pool} 1 --to {mint} {ALLOW}")).await;
    let account = text(&deposited["token_account"]).parse().unwrap();
    assert_eq!(TokenAccount::decode(&stage.cluster.account(&account).unwrap().data).unwrap().owner, &mint);
    let (steward, _) = *world.unsignable.last().unwrap();
    let set = stage.must(&format!("set-staker {pool} {steward} {ALLOW}")).await;
    assert_eq!(text(&set["staker"]), steward.to_string());
}

/// SOL that lands in an account of wrapped SOL counts only after a SyncNative, which is in the same transaction.
#[tokio::test]
async fn sol_for_a_wrapped_account_is_synced() {
    let world = World::new().await;
    let (stage, pool) = (&world.stage, &world.pool);
    let wallet = stage.wallet.pubkey();
    let (holder, _) = stage.another_wallet("holder", SOL);
    for owner in [wallet, holder] {
        let account = set(stage, wrapped(owner));
        stage.denies.set(true);
        let _ = stage.run_as("wallet", &format!("withdraw-sol {pool} 1 --to {account} --output display")).await;
        stage.denies.set(false);
        let said = said().join("\n");
        assert!(said.contains("wrapped SOL") && said.contains(&owner.to_string()), "{said}");
        let withdrawn = stage.must(&format!("withdraw-sol {pool} 1 --to {account}")).await;
        let data = stage.cluster.account(&account).unwrap().data;
        let amount = TokenAccount::decode(&data).unwrap().amount;
        assert_eq!(amount, number(&withdrawn["lamports"]));
        assert_eq!(stage.cluster.lamports(&account), TOKEN_ACCOUNT_RENT + amount);
    }
    let lost = set(stage, wrapped(world.mint));
    let line = format!("withdraw-sol {pool} 1 --to {lost}");
    assert_fails(stage, &line, USAGE, &[&world.mint.to_string(), "the mint of the pool", "cannot sign", ALLOW]).await;
    // Stake cannot go to it.
    let account = set(stage, wrapped(wallet));
    let line = format!("withdraw {pool} 1 --to {account}");
    assert_fails(stage, &line, USAGE, &["a token account", "tidepool withdraw-sol"]).await;
}
