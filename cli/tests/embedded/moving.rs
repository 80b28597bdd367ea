//! Moves of stake between pools of Tidepool and of the SPL stake pool.

use {
    super::{
        endpoints::TestEndpoint,
        harness::{NOT_NOW, REFUSED, Random, SIGNATURE, SOL, Stage, USAGE, number, said, text},
    },
    serde_json::Value,
    solana_address::Address,
    std::iter,
    tidepool_cli::error::CliError,
    tidepool_client::cluster::{BytesAt, Cluster as _},
    tidepool_embedded::EmbeddedCluster,
    tidepool_interface::address::STAKE_PROGRAM_ID,
};

/// Where the SPL stake pool runs.
const REFERENCE: Address = Address::from_str_const("SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy");

/// Rent of a stake account.
const STAKE_RENT: u64 = 2_282_880;

/// Pools with stake, and a holder who does not manage them.
struct World {
    stage: Stage,
    holder: Address,
    /// Of Tidepool, with the extension and without it, and of the SPL stake pool.
    pools: [String; 3],
}

/// Fees of the three pools.
const FEES: [&str; 3] = [
    "--withdrawal-fee 0.3% --deposit-fee 0.1%",
    "--without-extension --withdrawal-fee 1/7777 --deposit-fee 0.25% --referral-fee 40",
    "--without-extension --withdrawal-fee 0.1% --deposit-fee 3/1001",
];

impl World {
    async fn new() -> Self {
        Self::with_fees(FEES).await
    }

    /// Pools with these fees; the first validators, and the amounts of stake with them, differ.
    async fn with_fees(fees: [&str; 3]) -> Self {
        let stage = Stage::on(EmbeddedCluster::builder().validators(5).reference(REFERENCE));
        let (holder, _) = stage.another_wallet("holder", 1_000 * SOL);
        let mut pools = vec![];
        for ((fees, program), first) in fees.iter().zip([stage.program_id, stage.program_id, REFERENCE]).zip(0..) {
            let line = format!("create-pool --program-id {program} --initial-deposit 10 {fees}");
            let pool = text(&stage.must(&line).await["pool"]);
            stage.run_as("holder", &format!("deposit-sol {pool} 100 --yes")).await.unwrap();
            for (index, stake) in (first..first + 3).zip([40, 20, 11]) {
                stage.must(&format!("add-validator {pool} {}", stage.vote(index))).await;
                stage.must(&format!("increase {pool} {} {stake}", stage.vote(index))).await;
            }
            pools.push(pool);
        }
        let world = Self { stage, holder, pools: pools.try_into().unwrap() };
        // Two epochs with rewards: then the exchange rate of none is one.
        world.next_epoch().await;
        world.next_epoch().await;
        world
    }

    async fn next_epoch(&self) {
        self.stage.cluster.advance_epoch().unwrap();
        for pool in &self.pools {
            self.stage.must(&format!("update {pool}")).await;
        }
    }

    /// Runs a command line of the holder, which has to succeed.
    async fn must(&self, line: &str) -> Value {
        self.run(line).await.unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    async fn run(&self, line: &str) -> Result<Value, CliError> {
        self.stage.run_as("holder", &format!("{line} --yes")).await
    }

    /// Checks that a command line of the holder fails, with these parts in its one sentence.
    async fn assert_fails(&self, line: &str, exit: u8, parts: &[&str]) {
        let error = self.run(line).await.map(|json| panic!("{line}: {json:#}")).unwrap_err();
        let (code, message) = (error.exit() as u8, error.to_string());
        for part in parts {
            assert!(message.contains(part), "{line}: {message:?} does not say {part:?}");
        }
        assert_eq!(code, exit, "{line}: {message}");
        assert!(!message.contains('\n'), "{line}: {message:?} is more than a sentence");
    }

    /// Pool tokens of the holder.
    async fn tokens(&self, pool: &str) -> u64 {
        number(&self.must(&format!("balance --pool {pool} --no-stake")).await["pools"][0]["pool_tokens"])
    }

    /// Stake accounts of the holder, and of the deposit authority of any pool.
    async fn loose_stake(&self) -> usize {
        let of_wallet = [BytesAt::new(44, self.holder.to_bytes())];
        let mut count = self.stage.cluster.program_accounts(&STAKE_PROGRAM_ID, &of_wallet).await.unwrap().len();
        for pool in &self.pools {
            let shown = self.stage.must(&format!("show {pool}")).await;
            let authority: Address = text(&shown["authorities"]["stake_deposit"]).parse().unwrap();
            let filter = [BytesAt::new(44, authority.to_bytes())];
            count += self.stage.cluster.program_accounts(&STAKE_PROGRAM_ID, &filter).await.unwrap().len();
        }
        count
    }

    fn lamports(&self) -> u64 {
        self.stage.cluster.lamports(&self.holder)
    }

    async fn active(&self, pool: &str, vote: &Value) -> u64 {
        let list = self.stage.must(&format!("list {pool}")).await;
        let validators = list["validators"].as_array().unwrap();
        let found = validators.iter().find(|validator| validator["vote"] == *vote);
        found.map_or(0, |validator| number(&validator["active_lamports"]))
    }

    /// Moves, and checks that everything changed by what was quoted, to the lamport.
    async fn moves(&self, from: &str, to: &str, line: &str) -> Value {
        let before = (self.tokens(from).await, self.tokens(to).await, self.lamports());
        let quoted = self.must(&format!("move {from} {to} {line} --max-slippage 0 --dry-run")).await;
        assert_eq!(quoted["sent"], false);
        assert_eq!((self.tokens(from).await, self.tokens(to).await, self.lamports()), before);
        let mut moved = self.must(&format!("move {from} {to} {line} --max-slippage 0")).await;
        // For a person.
        moved["text"] = self.stage.text.borrow()[0].clone().into();
        let after = (self.tokens(from).await, self.tokens(to).await, self.lamports());
        assert_eq!(before.0 - after.0, number(&moved["pool_tokens"]), "{moved:#}");
        assert_eq!(after.1 - before.1, number(&moved["received_pool_tokens"]), "{moved:#}");
        let parts = moved["parts"].as_array().unwrap();
        let rent = parts.len() as u64 * STAKE_RENT;
        assert_eq!(number(&moved["rent_lamports"]), rent);
        assert_eq!(self.loose_stake().await, 0);
        let value = |name: &str| number(&moved["value"][name]);
        let cost = ["fee_lamports", "fee_received_lamports", "rounding_lamports"].map(value).iter().sum::<u64>();
        assert_eq!(value("before_lamports"), value("after_lamports") + cost, "{moved:#}");
        // A lamport and a smallest unit for each part, and for each conversion into a value.
        assert!(value("rounding_lamports") <= 4 * parts.len() as u64 + 8, "{moved:#}");
        moved
    }
}

#[tokio::test]
async fn quote_matches_execution_in_all_directions() {
    let world = World::new().await;
    for (from, to) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)] {
        let [from, to] = [from, to].map(|index: usize| world.pools[index].as_str());
        let fees = world.lamports();
        let moved = world.moves(from, to, "7.123456789").await;
        let parts = moved["parts"].as_array().unwrap();
        assert_eq!((parts.len(), number(&moved["pool_tokens"])), (1, 7_123_456_789), "{moved:#}");
        let signatures = (fees - world.lamports() - STAKE_RENT) / SIGNATURE;
        // The wallet, and a throw-away key.
        assert_eq!(signatures, 2, "{moved:#}");
        assert_eq!(moved["transactions"].as_array().unwrap().len(), 1);
        assert!(text(&moved["text"]).starts_with("Moved 7."), "{moved:#}");
    }
}

#[tokio::test]
async fn stake_earns_in_the_other_pool_at_once() {
    let world = World::new().await;
    let [from, _, to] = &world.pools;
    let vote = Value::from(world.stage.vote(2).to_string());
    let before = (world.active(from, &vote).await, world.active(to, &vote).await);
    // Validator 2 is the only one of both pools.
    let moved = world.moves(from, to, "5").await;
    let part = &moved["parts"][0];
    assert_eq!(part["vote"], vote);
    let lamports = number(&part["lamports"]);
    assert_eq!(before.0 - world.active(from, &vote).await, lamports);
    // The rent of the account in between is deposited as SOL.
    assert_eq!(world.active(to, &vote).await - before.1, lamports);
    world.next_epoch().await;
    let shown = world.stage.must(&format!("explain-stake {to} {}", world.stage.vote(2))).await;
    assert_eq!(shown["transient"], Value::Null, "{shown:#}");
}

#[tokio::test]
async fn all_is_moved_as_far_as_both_pools_have_validators() {
    let world = World::new().await;
    let [from, to, _] = &world.pools;
    let moved = world.moves(from, to, "ALL").await;
    // Validators 1 and 2, down to the minimum that stays in a pool.
    let parts = moved["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 2, "{moved:#}");
    assert_eq!(moved["why_left"], "no_movable_stake");
    assert!(number(&moved["pool_tokens_left"]) > 60 * SOL, "{moved:#}");
    let unmovable = moved["unmovable"].as_array().unwrap();
    assert_eq!(unmovable.len(), 1);
    assert_eq!(unmovable[0]["vote"], world.stage.vote(0).to_string());
    assert_eq!(unmovable[0]["reason"], "the validator is not in the receiving pool");
    let text = text(&moved["text"]);
    assert!(text.contains("because") && text.contains("use --rest-as-sol"), "{text}");

    // The rest that the reserve can give.
    let left = number(&moved["pool_tokens_left"]);
    let moved = world.moves(from, to, "ALL --rest-as-sol").await;
    assert!(number(&moved["sol_lamports"]) > 20 * SOL && moved["parts"].as_array().unwrap().is_empty(), "{moved:#}");
    assert_eq!(left - number(&moved["pool_tokens"]), number(&moved["pool_tokens_left"]));
}

/// Fee such as `37/10007`, below 1 %.
fn random_fee(random: &mut Random) -> String {
    format!("{}/{}", random.below(97), 9_973 + random.below(1_000))
}

#[tokio::test]
async fn quotes_of_random_pools_match() {
    for seed in 0..4 {
        let random = &mut Random(seed);
        let fees: Vec<String> = FEES
            .iter()
            .map(|fees| {
                let without = if fees.contains("--without-extension") { "--without-extension" } else { "" };
                let (withdrawal, deposit) = (random_fee(random), random_fee(random));
                let referral = random.below(101);
                format!("{without} --withdrawal-fee {withdrawal} --deposit-fee {deposit} --referral-fee {referral}")
            })
            .collect();
        let world = World::with_fees([&fees[0], &fees[1], &fees[2]]).await;
        for _ in 0..6 {
            let from = random.below(3) as usize;
            let to = (from + 1 + random.below(2) as usize) % 3;
            let amount = SOL + SOL / 10 + random.below(30 * SOL);
            let amount = format!("{}.{:09}", amount / SOL, amount % SOL);
            let (from, to) = (&world.pools[from], &world.pools[to]);
            if world.tokens(from).await < 35 * SOL {
                continue;
            }
            let quoted = world.run(&format!("move {from} {to} {amount} --dry-run")).await;
            if quoted.is_ok() {
                world.moves(from, to, &amount).await;
            }
        }
    }
}

#[tokio::test]
async fn interrupted_move_is_resumed_at_every_boundary() {
    let world = World::new().await;
    let [from, to, _] = &world.pools;
    let stage = &world.stage;
    // Two parts: the second one is refused by the endpoint.
    for sent in 0..2 {
        let before = (world.tokens(from).await, world.tokens(to).await);
        let endpoint = TestEndpoint::failing_after(&stage.cluster, sent);
        let failed = stage.run_on(&endpoint, "holder", &format!("move {from} {to} 45 --yes")).await.unwrap_err();
        assert!(failed.to_string().contains("unavailable"), "{failed}");
        let notes = said();
        assert_eq!(endpoint.sent().len(), sent);
        let after = (world.tokens(from).await, world.tokens(to).await);
        // Nothing is between the pools.
        assert_eq!(world.loose_stake().await, 0);
        if sent == 0 {
            assert_eq!(after, before);
        } else {
            let moved = before.0 - after.0;
            assert!(moved > 0 && after.1 > before.1);
            let advice = notes.iter().find(|note| note.contains("were moved: repeat the command for the rest only"));
            let units = format!("{}.{:09}", moved / SOL, moved % SOL);
            assert!(advice.is_some_and(|note| note.starts_with(units.trim_end_matches('0'))), "{units}: {notes:?}");
        }
    }
    let rest = world.moves(from, to, "ALL").await;
    assert!(!rest["parts"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn fee_account_of_the_manager_is_moved_with_all() {
    let world = World::new().await;
    let [from, to, _] = &world.pools;
    let stage = &world.stage;
    let (manager, file) = stage.another_wallet("manager", 10 * SOL);
    // The manager's fees go to the wallet's account first, then to one of the new manager that is not associated.
    stage.must(&format!("deposit-sol {from} 3 --to {manager}")).await;
    let shown = stage.must(&format!("show {from}")).await;
    let fees: Address = text(&shown["accounts"]["manager_fee"]).parse().unwrap();
    let mut account = stage.cluster.account(&fees).unwrap();
    account.data[32..64].copy_from_slice(manager.as_ref());
    stage.cluster.set_account(&fees, account);
    let held = stage.tokens(&shown["accounts"]["manager_fee"]);
    let moved = stage.run(&format!("move {from} {to} ALL --keypair {file} --max-slippage 0")).await.unwrap();
    let sources = moved["sources"].as_array().unwrap();
    assert_eq!(sources.len(), 2, "{moved:#}");
    assert_eq!(sources[1], fees.to_string());
    let parts = moved["parts"].as_array().unwrap();
    let of_fees: Vec<_> = parts.iter().filter(|part| part["token_account"] == fees.to_string()).collect();
    assert!(!of_fees.is_empty() && of_fees.iter().all(|part| number(&part["fee_pool_tokens"]) == 0), "{moved:#}");
    let taken: u64 = of_fees.iter().map(|part| number(&part["pool_tokens"])).sum();
    // The other source pays its fee into the account.
    let other: u64 = number(&moved["fee_pool_tokens"]);
    assert_eq!(stage.tokens(&sources[1]), held + other - taken);
}

#[tokio::test]
async fn preferred_validators_are_respected() {
    let world = World::new().await;
    let [from, to, _] = &world.pools;
    let stage = &world.stage;
    let [first, second] = [1, 2].map(|index| stage.vote(index));
    stage.must(&format!("set-preferred-validator {to} deposit {second}")).await;
    let moved = world.moves(from, to, "3").await;
    assert_eq!(moved["parts"][0]["vote"], second.to_string());
    let reasons: Vec<_> = moved["unmovable"].as_array().unwrap().iter().map(|stake| text(&stake["reason"])).collect();
    assert!(reasons.iter().any(|reason| reason.contains("accepts stake of its preferred validator")), "{reasons:?}");
    stage.must(&format!("set-preferred-validator {from} withdraw {first}")).await;
    let line = format!("move {from} {to} 3");
    let parts = ["the pool gives stake of its preferred validator", &first.to_string(), "use --rest-as-sol"];
    world.assert_fails(&line, REFUSED, &parts).await;
    stage.must(&format!("set-preferred-validator {to} deposit none")).await;
    let moved = world.moves(from, to, "3").await;
    assert_eq!(moved["parts"][0]["vote"], first.to_string());
}

#[tokio::test]
async fn stake_in_motion_and_leaving_validators_are_left_out() {
    let world = World::new().await;
    let [from, to, _] = &world.pools;
    let stage = &world.stage;
    stage.must(&format!("remove-validator {to} {}", stage.vote(1))).await;
    let moved = world.moves(from, to, "3").await;
    assert_eq!(moved["parts"][0]["vote"], stage.vote(2).to_string());
    let reason = "the receiving pool is removing the validator";
    assert!(moved["unmovable"].as_array().unwrap().iter().any(|stake| stake["reason"] == reason), "{moved:#}");
    stage.must(&format!("remove-validator {to} {}", stage.vote(2))).await;
    let parts = ["no validator has active stake that the receiving pool accepts", "--rest-as-sol", "1 validator"];
    world.assert_fails(&format!("move {from} {to} 3"), REFUSED, &parts).await;
    // A validator that was added in this epoch has stake that is activating in the receiving pool.
    stage.must(&format!("add-validator {to} {}", stage.vote(0))).await;
    let activating = "the pool's own stake with this validator is not active yet";
    world.assert_fails(&format!("move {from} {to} 3"), REFUSED, &["no validator has active stake"]).await;
    let moved = world.must(&format!("move {from} {to} 3 --rest-as-sol")).await;
    let reasons: Vec<_> = moved["unmovable"].as_array().unwrap().iter().map(|stake| text(&stake["reason"])).collect();
    assert!(reasons.iter().any(|reason| reason.contains(activating)), "{reasons:?}");
    assert_eq!(number(&moved["stake_lamports"]), 0);
}

#[tokio::test]
async fn bad_input_sends_nothing() {
    let world = World::new().await;
    let [from, to, _] = &world.pools;
    let stage = &world.stage;
    let before = (world.tokens(from).await, world.tokens(to).await, world.lamports());
    let missing = Address::new_unique();
    let wallet = world.holder;
    let cases: [(String, u8, &[&str]); 8] = [
        (format!("move {from} {from} 3"), USAGE, &["both pools are", "specify two different pools"]),
        (format!("move {from} {missing} 3"), REFUSED, &[&missing.to_string(), "does not exist"]),
        (format!("move {missing} {to} 3"), REFUSED, &[&missing.to_string(), "does not exist"]),
        (format!("move {from} {wallet} 3"), REFUSED, &["not a stake pool"]),
        (format!("move {from} {to} 3000"), REFUSED, &["insufficient funds", "3000 pool tokens"]),
        (format!("move {from} {to} 0.5"), REFUSED, &["0.5 pool tokens cannot be moved", "at least 1 SOL"]),
        (format!("move {from} {to} 3 --minimum 9"), REFUSED, &["below the minimum of 9 pool tokens"]),
        (format!("move {from} {to} 3 --program-id {REFERENCE}"), REFUSED, &["is owned by program"]),
    ];
    for (line, exit, parts) in &cases {
        world.assert_fails(line, *exit, parts).await;
    }
    assert_eq!((world.tokens(from).await, world.tokens(to).await, world.lamports()), before);
    stage.cluster.advance_epoch().unwrap();
    world.assert_fails(&format!("move {from} {to} 3 --no-update"), NOT_NOW, &["stale pool", from]).await;
    // Otherwise both are updated first.
    let moved = world.must(&format!("move {from} {to} 3")).await;
    let labels: Vec<_> = moved["transactions"].as_array().unwrap().iter().map(|sent| text(&sent["label"])).collect();
    assert!(labels.len() >= 3 && labels.last().unwrap().starts_with("move "), "{labels:?}");
    assert!(iter::once(&labels[0]).all(|label| label.contains("update")), "{labels:?}");
}

#[tokio::test]
async fn wallet_that_signs_elsewhere_needs_no_throwaway_key() {
    let world = World::new().await;
    let [from, to, reference] = &world.pools;
    let stage = &world.stage;
    for to in [to, reference] {
        let hash = stage.cluster.latest_blockhash().await.unwrap().hash;
        let signed = world.must(&format!("move {from} {to} 3 --sign-only --blockhash {hash}")).await;
        assert_eq!(signed["transactions"].as_array().unwrap().len(), 1, "{signed:#}");
    }
    let moved = world.run(&format!("move {from} {reference} 3 --transaction-version v0")).await;
    assert!(moved.is_ok(), "{:?}", moved.err());
}
