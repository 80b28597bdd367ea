//! A pool of 200 validators as a file: exported, changed, planned and applied, while transactions are lost and the program is killed.

use {
    crate::{
        chain::OnChain,
        harness::{
            cluster::Cluster,
            proxy::{Proxy, Rules},
            user::User,
        },
        world::{Test, World},
    },
    serde_json::Value,
    solana_address::Address,
    std::{collections::BTreeMap, fs, thread, time::Duration},
};

pub const TESTS: &[Test] =
    &[("applying::a_pool_of_200_validators_is_changed_by_a_file_though_killed_and_with_losses", two_changes)];

/// Validators of the pool.
const VALIDATORS: usize = 200;

/// Validators that the second change removes, and those that it adds.
const CHANGED: usize = 10;

const LOSSES: Rules = Rules { dropped_percent: 30, delay: Duration::ZERO, down_at_send: None, rewards_active: false };

fn two_changes(world: &World) {
    let settled = world.settled();
    let (cluster, user) = (&settled.cluster, User::new(&settled.cluster));
    let votes = votes(cluster, &settled.large[0]);
    let line = format!(
        "create-pool --program-id {} --max-validators 300 --initial-deposit {}",
        cluster.program_id,
        2 * VALIDATORS
    );
    let created = user.must(&line);
    let pool = created["pool"].as_str().expect("an address");

    let first: BTreeMap<&Address, usize> = votes[..VALIDATORS].iter().zip(1..).collect();
    // The budget of a new pool's first epoch would allow two removals.
    let edits = [("turnover_budget = ", "\"100%\""), ("threshold = ", "2.5")];
    change(cluster, &user, pool, &first, &edits, 5);

    // Other weights for all, ten validators leave, and ten others come.
    let second: BTreeMap<&Address, usize> =
        votes[CHANGED..VALIDATORS + CHANGED].iter().zip((1..=VALIDATORS).rev()).collect();
    let edits = [("epoch = ", "\"4%\""), ("sol_deposit = ", "\"0.1%\""), ("reserve_share = ", "\"1%\"")];
    change(cluster, &user, pool, &second, &edits, 3);
}

/// Vote accounts of the cluster: those of another pool.
fn votes(cluster: &Cluster, large: &Address) -> Vec<Address> {
    let records = OnChain::read(cluster, &large.to_string()).records;
    records.iter().map(|record| record.vote_account_address).collect()
}

/// Exports the pool, changes the file, plans and applies it: killed after some transactions, and resumed.
fn change(
    cluster: &Cluster,
    user: &User,
    pool: &str,
    weights: &BTreeMap<&Address, usize>,
    edits: &[(&str, &str)],
    killed_after: usize,
) {
    let (file, plan) = (user.path("pool.toml"), user.path("plan.toml"));
    let (file_name, plan_name) = (file.display(), plan.display());
    user.must(&format!("export {pool} --out {file_name}"));
    let text = fs::read_to_string(&file).expect("the export");
    fs::write(&file, edited(&text, weights, edits)).expect("the home can be written to");
    let planned = user.must(&format!("plan {file_name} --out {plan_name}"));
    assert_eq!(planned["empty"], false);

    let (mut lost, mut killed) = (0, 0);
    for seed in 1..=2 {
        let proxy = Proxy::start(cluster.rpc, LOSSES, seed);
        let line = format!("apply {plan_name} --accept --yes --output json --url {}", proxy.url());
        let mut running = user.start(&line);
        while running.status().is_none() && proxy.passed().len() < killed_after {
            thread::sleep(Duration::from_millis(2));
        }
        killed += usize::from(running.status().is_none());
        running.kill();
        lost += dropped(&proxy);
    }
    let proxy = Proxy::start(cluster.rpc, LOSSES, 3);
    let answer = user.run(&format!("apply {plan_name} --accept --yes --output json --url {}", proxy.url()));
    let applied = answer.json();
    assert_eq!(applied["complete"], true, "{applied:#}");
    lost += dropped(&proxy);
    assert!(lost > 0, "no transaction was lost");
    assert!(killed > 0, "it ended before it could be killed");

    let second = user.must(&format!("plan {file_name}"));
    assert_eq!((&second["empty"], &second["changes"]), (&Value::Bool(true), &Value::Array(vec![])), "{second:#}");
    let chain = OnChain::read(cluster, pool);
    let active = chain.records.iter().filter(|record| record.is_active());
    let found: BTreeMap<&Address, usize> =
        active.map(|record| (&record.vote_account_address, record.extension.weight().into())).collect();
    assert_eq!(&found, weights);
    println!(
        "{} changes of a pool of {} validators: killed {killed} times, {lost} transactions lost, the last run took {:.1} s",
        planned["changes"].as_array().map_or(0, Vec::len),
        found.len(),
        answer.took.as_secs_f64()
    );
}

fn dropped(proxy: &Proxy) -> usize {
    proxy.passed().iter().filter(|passed| passed.dropped).count()
}

/// The file with other validators, and with other values for the keys of `edits`; the last line with a key counts.
fn edited(text: &str, weights: &BTreeMap<&Address, usize>, edits: &[(&str, &str)]) -> String {
    let (head, _) = text.split_once("[validators]").expect("the section");
    let mut lines: Vec<String> = head.lines().map(str::to_owned).collect();
    for (key, value) in edits {
        let line = lines.iter_mut().rfind(|line| line.starts_with(key)).expect("the key");
        *line = format!("{key}{value}");
    }
    let list: String = weights.iter().map(|(vote, weight)| format!("{vote} = {weight}\n")).collect();
    format!("{}\n[validators]\n{list}", lines.join("\n"))
}
