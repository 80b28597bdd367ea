//! Lies about a stake account that is to be deposited.

use {
    super::{
        DONE, Endpoint, REFUSED, USAGE, World, account_lie,
        accounts::{Change, bytes, owned_by, replaced},
        run,
    },
    crate::{
        harness::SOL,
        life::{STAKE_RENT, delegate},
    },
    solana_account::Account,
    solana_address::Address,
};

/// Where a stake account has its withdraw authority.
const WITHDRAWER: std::ops::Range<usize> = 44..76;

/// Where a stake account has the lamports that are delegated.
const DELEGATED: std::ops::Range<usize> = 156..164;

fn with_stake(of: impl Fn(u64) -> u64 + Sync + 'static) -> impl Fn(Account) -> Option<Account> + Sync + 'static {
    move |mut account| {
        let stake = u64::from_le_bytes(account.data[DELEGATED].try_into().expect("eight bytes"));
        account.data[DELEGATED].copy_from_slice(&of(stake).to_le_bytes());
        account.lamports = of(stake).saturating_add(STAKE_RENT);
        Some(account)
    }
}

#[tokio::test]
async fn a_stake_account_is_not_lost_by_a_lie_about_it() {
    let world = World::new().await;
    let (stage, pool) = (&world.stage, world.pool);
    let (_, file) = stage.another_wallet("user", 100 * SOL);
    let stake: Address = delegate(stage, 20 * SOL).parse().expect("an address");
    stage.cluster.advance_epoch().expect("an epoch");
    stage.must(&format!("update {pool}")).await;
    let stranger = Address::new_unique();
    let lies: Vec<(Change, i32, &str)> = vec![
        (Box::new(|_| None), REFUSED, "does not exist"),
        (Box::new(owned_by(stranger)), USAGE, "not a stake account"),
        (Box::new(bytes(|data| data.truncate(100))), REFUSED, "error: "),
        (Box::new(bytes(|data| data.fill(0xff))), REFUSED, "error: "),
        (
            Box::new(bytes(move |data| data[WITHDRAWER].copy_from_slice(stranger.as_ref()))),
            REFUSED,
            "withdraw authority",
        ),
        (Box::new(replaced(stage.vote(0), stage.vote(3))), REFUSED, "is not in the pool"),
        // The validator is in the pool, and not that of the stake: the program sees it.
        (Box::new(replaced(stage.vote(0), stage.vote(1))), REFUSED, "would fail"),
        // More than there is brings a bound that the truth does not reach.
        (Box::new(with_stake(|stake| stake * 10)), REFUSED, "ExceededSlippage"),
        (Box::new(with_stake(|_| u64::MAX - STAKE_RENT)), REFUSED, "error: "),
        // Less than there is brings a low bound, and all that the truth is worth.
        (Box::new(with_stake(|stake| stake / 4)), DONE, "at least"),
    ];
    let (before, held) = (world.wealth(), world.account(&stake));
    for (at, (lie, code, says)) in lies.into_iter().enumerate() {
        Endpoint::serve(&stage.cluster, &account_lie(stake, lie), |endpoint| {
            let line = format!("deposit-stake {pool} {stake} --authority {file} --token-account {}", world.tokens);
            let ran = run(stage, endpoint, &line);
            println!("{at}: {}", ran.err.lines().last().unwrap_or_default());
            ran.ends(code, says);
            assert_eq!(endpoint.transactions().len(), usize::from(code == DONE), "{at}");
        });
        if code != DONE {
            assert_eq!((world.wealth(), world.account(&stake)), (before, held.clone()), "{at}");
        }
    }
    assert_eq!(stage.cluster.lamports(&stake), 0);
    let got = world.wealth().pool_tokens - before.pool_tokens;
    assert!(got.abs_diff(20 * SOL + STAKE_RENT) < SOL / 100, "{got} pool tokens for 20 SOL of stake");
}
