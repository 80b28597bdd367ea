//! A live pool is read from a cluster's endpoint, and rehearsed.

use {
    crate::{
        endpoint::{Endpoint, Reply, Request},
        folder::{EPOCH, Folder, SOL, SavedPool, Validator},
    },
    serde_json::Value,
    solana_rent::Rent,
    std::{
        fs,
        sync::atomic::{AtomicUsize, Ordering},
    },
    tidepool_embedded::{EmbeddedCluster, vote_account},
    tidepool_localnet::{
        demo,
        rehearse::{self, DryRun, Options, RehearseError},
        run::Side,
    },
};

/// Validators of the live pool: more than one request can ask for.
const VALIDATORS: u64 = 60;

/// A pool that its cluster has updated, with the stake and vote accounts of all validators but the last one's vote account.
pub fn live_pool() -> (SavedPool, EmbeddedCluster) {
    let validators: Vec<_> = (1..=VALIDATORS).map(|index| Validator::active((1_000 + index) * SOL + index)).collect();
    let pool = SavedPool { with_fee_account: true, ..SavedPool::of(&validators) };
    let mut accounts = pool.accounts();
    for index in 0..validators.len() {
        accounts.push(pool.stake_account(index, 0));
        let vote = pool.records[index].vote_account_address;
        if index + 1 < validators.len() {
            accounts.push((vote, vote_account(&vote, &vote, 700, &Rent::default())));
        }
    }
    let cluster = EmbeddedCluster::builder().start_epoch(EPOCH).accounts(accounts).start();
    (pool, cluster.unwrap_or_else(|error| panic!("{error}")))
}

/// The honest answers.
pub fn honest(_: &Request, honest: &dyn Fn() -> Value) -> Reply {
    Reply::Json(honest())
}

/// Rehearses with options, outside of a runtime.
pub fn rehearse(options: &Options) -> (Result<DryRun, RehearseError>, String) {
    let mut out = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let rehearsed = runtime.block_on(rehearse::run(options, &mut out));
    (rehearsed, String::from_utf8(out).unwrap())
}

fn succeed(options: &Options) -> (DryRun, String) {
    let (rehearsed, text) = rehearse(options);
    (rehearsed.unwrap_or_else(|error| panic!("{error}\n{text}")), text)
}

/// Options for the live pool.
pub fn options(pool: &SavedPool, endpoint: &Endpoint) -> Options {
    Options { source: pool.address.to_string().into(), url: Some(endpoint.url.clone()), ..Options::default() }
}

#[test]
fn live_pool_is_rehearsed_like_its_saved_accounts() {
    let (pool, cluster) = live_pool();
    let (live, text) = Endpoint::serve(&cluster, &honest, |endpoint| {
        let rehearsed = succeed(&options(&pool, endpoint));
        let requests = endpoint.requests();
        assert!(requests.iter().all(|request| request.method == "getMultipleAccounts"), "{requests:?}");
        // The pool, then what it names: no stake account.
        assert!(requests.len() <= 3, "{requests:?}");
        rehearsed
    });
    let (saved, _) = succeed(&Options { source: pool.save().path(), ..Options::default() });
    assert_eq!(live.saved_rate, pool.state.head.exchange_rate());
    assert_eq!(live.updated.rate(), saved.updated.rate());
    assert!(text.contains(&format!("epoch {EPOCH}, slot")), "{text}");
    assert!(text.contains("60 validator stake accounts, 0 transient stake accounts, 60 vote accounts"), "{text}");
}

#[test]
fn stake_and_vote_accounts_are_read_in_batches() {
    let (pool, cluster) = live_pool();
    let (rehearsed, text) = Endpoint::serve(&cluster, &honest, |endpoint| {
        let rehearsed = succeed(&Options { stake_accounts: true, ..options(&pool, endpoint) });
        for request in endpoint.requests() {
            assert!(request.params[0].as_array().unwrap().len() <= 100, "{request:?}");
        }
        rehearsed
    });
    // Transient stake accounts and one vote account do not exist, and are not made up.
    assert!(text.contains("119 accounts") && !text.contains("made from the records"), "{text}");
    assert!(text.contains("1 vote account: their stake earns nothing"), "{text}");
    let closed = pool.records[59].vote_account_address;
    assert_eq!(rehearsed.rewards.by_vote[&closed], 0);
    assert!(rehearsed.rewards.accounts == 59 && rehearsed.rewards.total > 0, "{:?}", rehearsed.rewards);
    rehearsed.ledger.check().unwrap();
}

#[test]
fn saved_copy_is_rehearsed_alike() {
    let (pool, cluster) = live_pool();
    let folder = Folder::empty();
    let copy = folder.path().join("copy");
    let (live, text) = Endpoint::serve(&cluster, &honest, |endpoint| {
        let options = options(&pool, endpoint);
        succeed(&Options { stake_accounts: true, save: Some(copy.clone()), ..options })
    });
    assert!(text.contains("125 accounts in"), "{text}");
    // Nothing else is left behind.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let (saved, text) = succeed(&Options { source: copy, ..Options::default() });
    assert!(text.contains(&format!("epoch {EPOCH}, slot")), "{text}");
    // The folder does not say that the last vote account does not exist.
    let made = saved.rewards.by_vote[&pool.records[59].vote_account_address];
    // With it, the others have a slightly smaller share of the inflation.
    let others = saved.rewards.total - made;
    assert!(others < live.rewards.total && live.rewards.total - others < others / 100_000, "{others}");
}

#[test]
fn weights_of_a_file_are_reached_within_epochs() {
    let (pool, cluster) = live_pool();
    let folder = Folder::empty();
    let file = folder.path().join("weights.csv");
    let votes: Vec<_> = pool.records[..3].iter().map(|record| record.vote_account_address).collect();
    let lines: Vec<_> = votes.iter().zip([2, 1, 1]).map(|(vote, weight)| format!("{vote},{weight}\n")).collect();
    fs::write(&file, lines.concat()).unwrap();
    let (rehearsed, text) = Endpoint::serve(&cluster, &honest, |endpoint| {
        succeed(&Options { weights: Some(file.clone()), epochs: 4, ..options(&pool, endpoint) })
    });
    let extended = rehearsed.extended.unwrap();
    assert_eq!((rehearsed.epochs.len(), extended.epochs.len()), (3, 3), "{text}");
    let last = extended.epochs.last().unwrap().rebalance.as_ref().unwrap();
    assert_eq!((last.at_target, last.weighted), (3, 3), "{text}");
    let stake = |index: usize| extended.last.records()[index].active_stake_lamports.get();
    // The others keep what they have; 500 SOL of the reserve are shared.
    assert!(stake(0) > stake(1) && stake(3) < 1_010 * SOL, "{text}");
    assert!(text.contains("weights.csv; other validators get weight 0") && text.contains("3 of 3"), "{text}");
    let held = rehearsed.ledger.total(Side::Held) + rehearsed.ledger.total(Side::Left);
    assert_eq!(rehearsed.ledger.total(Side::Entered), held);
}

#[test]
fn extended_pool_keeps_its_settings() {
    let options = demo::Options { validators: 5, epochs: 3, program: None };
    let cluster = demo::start(&options).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let pool = runtime.block_on(demo::play(&cluster, &options, &mut std::io::sink())).unwrap().pool;
    let (rehearsed, text) = Endpoint::serve(&cluster, &honest, |endpoint| {
        succeed(&Options {
            source: pool.to_string().into(),
            url: Some(endpoint.url.clone()),
            stake_accounts: true,
            epochs: 3,
            ..Options::default()
        })
    });
    let extended = rehearsed.extended.unwrap();
    assert!(extended.holders.is_none() && text.contains("the pool has its own settings"), "{text}");
    assert!(text.contains("the pool's own"), "{text}");
    let last = extended.epochs.last().unwrap().rebalance.as_ref().unwrap();
    assert_eq!(last.at_target, last.weighted, "{text}");
}

#[test]
fn requests_that_fail_for_a_while_are_repeated() {
    let (pool, cluster) = live_pool();
    let asked = AtomicUsize::new(0);
    let faulty = |_: &Request, honest: &dyn Fn() -> Value| {
        // Each second request.
        if asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
            return Reply::Raw(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n".to_vec());
        }
        Reply::Json(honest())
    };
    let (rehearsed, _) = Endpoint::serve(&cluster, &faulty, |endpoint| succeed(&options(&pool, endpoint)));
    assert_eq!(rehearsed.saved_rate, pool.state.head.exchange_rate());
}
