//! A pool on the real bank while the rent falls step by step (SIMD-0437) and goes back (SIMD-0438).

use {
    super::{
        harness::{SOL, Stage, number, text},
        withdrawals::staked_pool,
    },
    solana_account::Account,
    solana_address::Address,
    solana_stake_interface::state::StakeStateV2,
    tidepool_client::gates,
    tidepool_embedded::{EmbeddedCluster, ValidatorSpec},
};

/// Lamports per byte, in the order of their gates.
const STEPS: [u64; 6] = [6_333, 5_080, 2_575, 1_322, 696, 6_960];

fn gate(lamports_per_byte: u64) -> Address {
    let name = format!("set_lamports_per_byte_to_{lamports_per_byte}");
    gates::known().iter().find(|gate| gate.name == name).expect("a gate of the table").address
}

/// Bytes of a stake account, with those that rent adds.
const STAKE_BYTES: u64 = 328;

/// Has a gate activated when the next epoch begins.
fn activate(cluster: &EmbeddedCluster, gate: &Address) {
    let pending = Account { lamports: SOL, data: vec![0; 9], owner: solana_sdk_ids::feature::ID, ..Account::default() };
    cluster.set_account(gate, pending);
}

/// Lamports of a stake account, and what it delegates.
fn stake(cluster: &EmbeddedCluster, address: &str) -> (u64, u64) {
    let account = cluster.account(&address.parse().unwrap()).unwrap();
    let StakeStateV2::Stake(_, stake, _) = bincode::deserialize(&account.data).unwrap() else { panic!("no stake") };
    (account.lamports, stake.delegation.stake)
}

#[tokio::test]
async fn a_pool_lives_through_all_steps() {
    // The last validator earns nothing: the stake that it has is the minimum.
    let mut specs: Vec<_> = (0..4).map(ValidatorSpec::varied).collect();
    specs[3].performance_permille = 0;
    let cluster = EmbeddedCluster::builder().validator_specs(specs).without_feature(gate(STEPS[5]));
    let stage = Stage::on(cluster);
    let pool = staked_pool(&stage, "").await;
    let added = stage.must(&format!("add-validator {pool} {} --accept", stage.vote(3))).await;
    let smallest = text(&added["validator_stake"]);
    assert_eq!(stake(&stage.cluster, &smallest).1, SOL);
    for lamports_per_byte in STEPS {
        activate(&stage.cluster, &gate(lamports_per_byte));
        stage.cluster.advance_epoch().unwrap();
        assert_eq!(stage.cluster.rent().lamports_per_byte, lamports_per_byte);
        let rent = STAKE_BYTES * lamports_per_byte;
        let cranked = stage.must(&format!("crank {pool} --sweep-above 0")).await;
        assert_eq!(cranked["pools"][0]["validators_behind"], 0);

        let shown = stage.must(&format!("show {pool}")).await;
        let rows = stage.must(&format!("list {pool}")).await["validators"].as_array().unwrap().clone();
        let stakes = rows.iter().map(|row| number(&row["active_lamports"]) + number(&row["transient_lamports"]));
        let reserve = number(&shown["stake"]["reserve_lamports"]);
        assert_eq!(number(&shown["total_lamports"]), reserve - rent + stakes.sum::<u64>());
        for row in rows {
            let (lamports, delegated) = stake(&stage.cluster, &text(&row["validator_stake"]));
            assert_eq!(lamports, delegated + rent, "no idle lamports, and no missing rent");
        }
        stage.must(&format!("deposit-sol {pool} 1")).await;
        stage.must(&format!("withdraw {pool} 2")).await;
    }
    let (lamports, delegated) = stake(&stage.cluster, &smallest);
    let (first, last) = (STAKE_BYTES * STEPS[4], STAKE_BYTES * STEPS[5]);
    assert_eq!((lamports, delegated), (SOL + first, SOL + first - last), "the delegation has shrunk (SIMD-0392)");
}
