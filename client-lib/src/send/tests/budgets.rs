//! What transactions request, and what they pay.

use {
    super::*,
    crate::{
        cluster::ClusterError,
        loaded_data::{self, MAX_BYTES, PAGE},
    },
    budget::Budget,
    solana_compute_budget_interface::ComputeBudgetInstruction as Set,
    solana_message::VersionedMessage,
};

const AUTO: ComputeUnitPrice = ComputeUnitPrice::Recent { percentile: 75, at_most: 1_000 };

/// The compute unit limit, the loaded data limit and the price of a message.
fn requested(message: &VersionedMessage) -> [Option<u64>; 3] {
    let mut found = [None; 3];
    for instruction in &message.instructions()[1..] {
        let (kind, value) = instruction.data.split_first().unwrap();
        let mut bytes = [0; 8];
        bytes[..value.len()].copy_from_slice(value);
        let place = match kind {
            2 => 0,
            4 => 1,
            3 => 2,
            kind => panic!("kind {kind}"),
        };
        found[place] = Some(u64::from_le_bytes(bytes));
    }
    found
}

async fn arrived(script: Script, options: SendOptions) -> [[Option<u64>; 3]; 2] {
    let cluster = Scripted::new(script);
    let outgoing = Outgoing { compute_units: Some(20_000), ..outgoing(1) };
    assert!(Sender::new(&cluster, &Keypair::new()).options(options).send(&[outgoing]).await.is_success());
    let state = cluster.state();
    let simulated = state.simulated.last().map_or([None; 3], |simulated| requested(&simulated.message));
    [simulated, requested(&state.arrived[0].message)]
}

fn bytes(limit: u32) -> Option<u64> {
    Some(u64::from(limit))
}

#[test]
fn appends_budget_once() {
    let plain = outgoing(1).instructions;
    let budget = Budget { units: Some(50_000), loaded_bytes: PAGE, price: Some(7) };
    let first = budget.append_to(&plain);
    assert_eq!(first.len(), 4);
    assert_eq!(first[0], plain[0]);
    assert_eq!(Budget { units: Some(60_000), loaded_bytes: 2 * PAGE, price: Some(9) }.append_to(&first), first);
    let least = Budget { units: None, price: None, ..budget }.append_to(&plain);
    assert_eq!(least[1..], [Set::set_loaded_accounts_data_size_limit(PAGE)]);
}

#[test]
fn compute_unit_limits_are_within_three_percent_of_the_simulation() {
    let options = SendOptions::default();
    assert_eq!(budget::limit_for(10_000, 0, &options), 10_300);
    assert_eq!(budget::limit_for(656, 0, &options), 675);
    assert_eq!(budget::limit_for(10_000, 500, &options), 10_800);
    assert_eq!(budget::limit_for(1_399_999, 0, &options), 1_400_000);
}

#[tokio::test(start_paused = true)]
async fn limits_come_from_the_simulation() {
    let script = |loaded_bytes| Script { loaded_bytes, ..Script::default() };
    let [simulated, sent] = arrived(script(Some(1_000_000)), SendOptions::default()).await;
    assert_eq!(simulated, [Some(1_400_000), bytes(MAX_BYTES), None]);
    assert_eq!(sent, [Some(10_300), bytes(loaded_data::limit_for(1_000_000)), None]);
    // An endpoint that reports compute units only.
    let bound = bytes(loaded_data::bound(&outgoing(1).instructions, &[]));
    assert_eq!(arrived(script(None), SendOptions::default()).await[1], [Some(10_300), bound, None]);
}

#[tokio::test(start_paused = true)]
async fn limits_are_bounds_without_a_simulation() {
    let bound = bytes(loaded_data::bound(&outgoing(1).instructions, &[]));
    let options = SendOptions { simulate: false, ..SendOptions::default() };
    assert_eq!(arrived(Script::default(), options).await, [[None; 3], [Some(20_000), bound, None]]);
    let cluster = Scripted::default();
    let signed = Sender::new(&cluster, &Keypair::new()).sign_only(&[outgoing(1)]).await.unwrap();
    assert_eq!(requested(&signed[0].message), [None, bound, None]);
}

#[tokio::test(start_paused = true)]
async fn a_simulation_has_the_instructions_of_the_transaction() {
    // So small a price is 0 when it is scaled to the highest limit.
    let options = SendOptions { compute_unit_price: ComputeUnitPrice::Fixed(7), ..SendOptions::default() };
    let [simulated, sent] = arrived(Script::default(), options).await;
    assert_eq!((simulated[2], sent[2]), (Some(0), Some(7)));
}

#[tokio::test(start_paused = true)]
async fn fees_are_those_of_the_cluster() {
    let fees = async |fee, price| {
        let cluster = Scripted::new(Script { fee, loaded_bytes: Some(1), ..Script::default() });
        let options = SendOptions { compute_unit_price: ComputeUnitPrice::Fixed(price), ..SendOptions::default() };
        let payer = Keypair::new();
        let sender = Sender::new(&cluster, &payer).options(options);
        let rehearsed = sender.dry_run(&[outgoing(1)]).await.unwrap().remove(0).fee;
        let priced = cluster.state().priced.last().map(requested).unwrap();
        assert_eq!(priced[..2], [Some(10_300), bytes(2 * PAGE)], "the limits of the transaction");
        // The second stage counts with the most that it can request.
        let quoted = sender.quote_fees(&[vec![outgoing(1)], vec![outgoing(2)]]).await.unwrap();
        (rehearsed, quoted)
    };
    let fee = |lamports, is_computed| Fee { lamports, is_computed };
    assert_eq!(fees(Some(9_001), 0).await, (fee(9_001, false), fee(18_002, false)));
    assert_eq!(fees(None, 1_000_000).await, (fee(15_300, true), fee(15_300 + 1_405_000, true)));
}

#[tokio::test(start_paused = true)]
async fn a_price_falls_back_aloud() {
    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);
    impl Progress for Heard {
        fn no_recent_prices(&self, error: &ClusterError) {
            self.0.lock().unwrap().push(error.to_string());
        }
    }
    for (has_no_prices, price) in [(true, None), (false, Some(5))] {
        let heard = Heard::default();
        let cluster = Scripted::new(Script { has_no_prices, prices: vec![5], ..Script::default() });
        let options = SendOptions { compute_unit_price: AUTO, ..SendOptions::default() };
        let payer = Keypair::new();
        let sender = Sender::new(&cluster, &payer).options(options).progress(&heard);
        assert!(sender.send(&[outgoing(1)]).await.is_success());
        assert_eq!(requested(&cluster.state().arrived[0].message)[2], price);
        assert_eq!(heard.0.lock().unwrap().len(), usize::from(has_no_prices));
    }
}
