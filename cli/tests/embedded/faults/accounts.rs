//! Accounts that are not what the endpoint says.

use {
    super::{DONE, Endpoint, FAILED, REFUSED, World, account_lie, run},
    crate::harness::SOL,
    solana_account::Account,
    solana_address::Address,
    solana_sdk_ids::sysvar,
    solana_signer::Signer as _,
    tidepool_interface::state::StakePool,
};

/// Changes an account, or says that there is none.
pub type Change = Box<dyn Fn(Account) -> Option<Account> + Sync>;

/// A lie, and what has to come of it.
struct Case {
    name: &'static str,
    about: Address,
    change: Change,
    code: i32,
    says: &'static str,
}

fn case(
    name: &'static str,
    about: Address,
    change: impl Fn(Account) -> Option<Account> + Sync + 'static,
    code: i32,
    says: &'static str,
) -> Case {
    Case { name, about, change: Box::new(change), code, says }
}

/// Changes bytes of an account.
pub fn bytes(change: impl Fn(&mut Vec<u8>) + Sync + 'static) -> impl Fn(Account) -> Option<Account> + Sync + 'static {
    move |mut account| {
        change(&mut account.data);
        Some(account)
    }
}

pub fn owned_by(owner: Address) -> impl Fn(Account) -> Option<Account> + Sync + 'static {
    move |account| Some(Account { owner, ..account })
}

/// Puts an address in the place of another one.
pub fn replaced(of: Address, with: Address) -> impl Fn(Account) -> Option<Account> + Sync + 'static {
    bytes(move |data| {
        let at = data.windows(32).position(|window| window == of.as_ref()).expect("the account names it");
        data[at..at + 32].copy_from_slice(with.as_ref());
    })
}

/// Puts numbers in the place of the pool's total and supply.
pub fn with_rate(
    lamports: impl Fn(u64) -> u64 + Sync + 'static,
) -> impl Fn(Account) -> Option<Account> + Sync + 'static {
    bytes(move |data| {
        let total = StakePool::decode_initialized(data).expect("a pool").head.total_lamports.get();
        let at = data.windows(8).position(|window| window == total.to_le_bytes()).expect("the pool has it");
        data[at..at + 8].copy_from_slice(&lamports(total).to_le_bytes());
    })
}

fn pool_cases(world: &World) -> Vec<Case> {
    let (pool, stranger) = (world.pool, Address::new_unique());
    let other = world.account(&world.other);
    let (program, list_data) = (world.stage.program_id, world.account(&world.list).data);
    vec![
        case("no pool", pool, |_| None, REFUSED, "does not exist"),
        case("a pool of an unknown program", pool, owned_by(stranger), REFUSED, ""),
        case("a pool of the system's", pool, owned_by(Address::default()), REFUSED, "a wallet, not a stake pool"),
        case("a pool of the token program's", pool, owned_by(spl_token()), REFUSED, "not a stake pool"),
        case("half a pool", pool, bytes(|data| data.truncate(300)), REFUSED, "malformed stake pool account"),
        case("a byte of a pool", pool, bytes(|data| data.truncate(1)), REFUSED, "malformed stake pool account"),
        case("a pool without data", pool, bytes(Vec::clear), REFUSED, "not a stake pool"),
        case(
            "a list for a pool",
            pool,
            move |account| Some(Account { data: list_data.clone(), ..account }),
            REFUSED,
            "not a stake pool",
        ),
        case("zeros for a pool", pool, bytes(|data| data.fill(0)), REFUSED, "not a stake pool"),
        case("ones for a pool", pool, bytes(|data| data[1..].fill(0xff)), REFUSED, "malformed stake pool account"),
        case("another pool", pool, move |_| Some(other.clone()), REFUSED, ""),
        case("another list in the pool", pool, replaced(world.list, world.other_list), DONE, ""),
        case("another reserve in the pool", pool, replaced(world.reserve, stranger), REFUSED, "reserve"),
        case("another mint in the pool", pool, replaced(world.mint, stranger), REFUSED, "mint"),
        case("another fee account in the pool", pool, replaced(world.fee_account, stranger), REFUSED, "deposit SOL"),
        case(
            "the program as the manager's account",
            pool,
            replaced(world.fee_account, program),
            REFUSED,
            "deposit SOL",
        ),
        case("a pool that is longer", pool, bytes(|data| data.extend([0xff; 5_000])), DONE, ""),
        case("another bump", pool, bytes(|data| data[97] ^= 1), REFUSED, ""),
    ]
}

fn other_cases(world: &World) -> Vec<Case> {
    let stranger = Address::new_unique();
    let (list, reserve, mint) = (world.list, world.reserve, world.mint);
    let (other_list, wallet) = (world.account(&world.other_list), world.stage.wallet.pubkey());
    vec![
        case("no list", list, |_| None, REFUSED, "does not exist: the pool cannot be used"),
        case("a stranger's list", list, owned_by(stranger), REFUSED, "the pool cannot be used"),
        case("half a list", list, bytes(|data| data.truncate(100)), REFUSED, "it may be truncated"),
        case("the head of a list", list, bytes(|data| data.truncate(3)), REFUSED, "it may be truncated"),
        case("a list with too many records", list, bytes(|data| data[5..9].fill(0xff)), REFUSED, "it may be truncated"),
        case("another pool's list", list, move |_| Some(other_list.clone()), DONE, ""),
        case("no reserve", reserve, |_| None, REFUSED, "does not exist: the pool cannot be used"),
        case("a stranger's reserve", reserve, owned_by(stranger), REFUSED, "the pool cannot be used"),
        case("half a reserve", reserve, bytes(|data| data.truncate(100)), REFUSED, "it may be truncated"),
        case("a reserve of all lamports", reserve, |account| Some(Account { lamports: u64::MAX, ..account }), DONE, ""),
        case("a reserve of no lamports", reserve, |account| Some(Account { lamports: 0, ..account }), DONE, ""),
        case("an enormous reserve", reserve, bytes(|data| data.resize(9 << 20, 0)), DONE, ""),
        case(
            "a reserve that no account can be",
            reserve,
            bytes(|data| data.resize(11 << 20, 0)),
            FAILED,
            "invalid base64 data",
        ),
        case("no mint", mint, |_| None, REFUSED, "does not exist: the pool cannot be used"),
        case("a stranger's mint", mint, owned_by(stranger), REFUSED, "the pool cannot be used"),
        case("half a mint", mint, bytes(|data| data.truncate(40)), REFUSED, "it may be truncated"),
        case("a mint of all pool tokens", mint, bytes(|data| data[36..44].fill(0xff)), DONE, ""),
        case("no account for fees", world.fee_account, |_| None, DONE, ""),
        case("a poor wallet", wallet, |_| None, REFUSED, "holds 0 SOL"),
        case("a rich wallet", wallet, |account| Some(Account { lamports: u64::MAX, ..account }), DONE, ""),
        case("no token account", world.tokens, |_| None, DONE, ""),
    ]
}

fn sysvar_cases() -> Vec<Case> {
    let clock = |at: usize, value: u64| bytes(move |data| data[at..at + 8].copy_from_slice(&value.to_le_bytes()));
    vec![
        case("no clock", sysvar::clock::ID, |_| None, REFUSED, "does not exist"),
        case("half a clock", sysvar::clock::ID, bytes(|data| data.truncate(20)), FAILED, "is not"),
        case("the first epoch", sysvar::clock::ID, clock(16, 0), DONE, ""),
        case("another slot", sysvar::clock::ID, clock(0, u64::MAX), DONE, ""),
        case("no rent", sysvar::rent::ID, |_| None, REFUSED, "does not exist"),
        case("an endless rent", sysvar::rent::ID, bytes(|data| data[..8].fill(0xff)), FAILED, "a valid rent"),
        case(
            "a rent that doubles without end",
            sysvar::rent::ID,
            bytes(|data| data[8..16].copy_from_slice(&f64::MAX.to_le_bytes())),
            FAILED,
            "a valid rent",
        ),
        case(
            "a rent of no number",
            sysvar::rent::ID,
            bytes(|data| data[8..16].copy_from_slice(&f64::NAN.to_le_bytes())),
            DONE,
            "",
        ),
        case("half a rent", sysvar::rent::ID, bytes(|data| data.truncate(9)), FAILED, "is not"),
        case("rewards", sysvar::epoch_rewards::ID, bytes(|data| data[80] = 1), DONE, ""),
        case("half of the rewards", sysvar::epoch_rewards::ID, bytes(|data| data.truncate(7)), FAILED, "is not"),
        case("a history without end", sysvar::stake_history::ID, bytes(|data| data[..8].fill(0xff)), FAILED, "is not"),
    ]
}

fn spl_token() -> Address {
    tidepool_interface::address::TOKEN_PROGRAM_ID
}

/// Deposits 5 SOL through each lie. Where that is done all the same, it has to be done once, and bring what the honest rate gives;
/// else nothing may be sent.
fn deposit_through(world: &World, cases: Vec<Case>) {
    let line = format!("deposit-sol {} 5", world.pool);
    for Case { name, about, change, code, says } in cases {
        let before = world.wealth();
        let lie = account_lie(about, change);
        let (ran, sent) = Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
            let ran = run(&world.stage, endpoint, &line);
            (ran, endpoint.transactions().len())
        });
        println!("{name}: exit code {:?}, {sent} sent: {}", ran.code, ran.err.lines().last().unwrap_or_default());
        ran.ends(code, says);
        let after = world.wealth();
        if code == DONE {
            assert_eq!(sent, 1, "{name}");
            assert_eq!(after.lamports, before.lamports - 5 * SOL - 10_000, "{name}");
            assert_eq!(after.pool_tokens, before.pool_tokens + 5 * SOL, "{name}");
        } else {
            assert_eq!((sent, after), (0, before), "{name}");
        }
    }
}

#[tokio::test]
async fn a_deposit_is_not_lost_by_a_lie_about_the_pool() {
    let world = World::new().await;
    deposit_through(&world, pool_cases(&world));
}

#[tokio::test]
async fn a_deposit_is_not_lost_by_a_lie_about_what_belongs_to_the_pool() {
    let world = World::new().await;
    deposit_through(&world, other_cases(&world));
}

#[tokio::test]
async fn a_deposit_is_not_lost_by_a_lie_about_the_cluster() {
    let world = World::new().await;
    deposit_through(&world, sysvar_cases());
}
