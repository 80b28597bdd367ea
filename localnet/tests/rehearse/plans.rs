//! Plans are carried out on a copy of the pool, over epochs, or refused with the place in their file.

use {
    crate::{
        endpoint::Endpoint,
        folder::{EPOCH, Folder, SOL, SavedPool, Validator, address_of},
        live::{honest, rehearse},
    },
    solana_address::Address,
    solana_rent::Rent,
    std::{fmt::Write as _, fs, path::PathBuf},
    tidepool_cli::desired::{DesiredFile, PlanFile, Survey},
    tidepool_client::{
        actions::{self, LimitChanges, weights},
        cluster::Cluster as _,
        desired::{Setting, StepKind},
        plan::Plan,
        pool::{PoolSnapshot, StakeSelection},
    },
    tidepool_embedded::{EmbeddedCluster, vote_account},
    tidepool_interface::state::RebalancePolicy,
    tidepool_localnet::{
        rehearse::{DryRun, Options, Planned, RehearseError},
        run::{self, Driver, RunError},
    },
};

/// A pool on its cluster, and a folder for files about it.
struct Live {
    pool: SavedPool,
    cluster: EmbeddedCluster,
    folder: Folder,
}

/// A validator that is not in the pool.
fn new_vote() -> Address {
    address_of("vote new")
}

/// Another account of the manager for pool tokens.
fn new_fee_account() -> Address {
    address_of("new fees")
}

impl Live {
    fn of(validators: &[Validator]) -> Self {
        let pool = SavedPool { with_fee_account: true, ..SavedPool::of(validators) };
        let votes = pool.records.iter().map(|record| record.vote_account_address).chain([new_vote()]);
        let votes = votes.map(|vote| (vote, vote_account(&vote, &vote, 700, &Rent::default())));
        let stakes = (0..validators.len()).map(|index| pool.stake_account(index, 0));
        let mut accounts: Vec<_> = pool.accounts().into_iter().chain(stakes).chain(votes).collect();
        let fee_account = accounts.iter().find(|(address, _)| *address == pool.state.head.manager_fee_account);
        accounts.push((new_fee_account(), fee_account.unwrap().1.clone()));
        let builder = EmbeddedCluster::builder().start_epoch(EPOCH).accounts(accounts);
        let cluster = run::start(builder, pool.program, None).unwrap();
        Self { pool, cluster, folder: Folder::empty() }
    }

    /// With the extension, all weights 1, the policy and the limits.
    fn extended(validators: &[Validator], policy: RebalancePolicy, limits: &LimitChanges) -> Self {
        let live = Self::of(validators);
        let driver = Driver::new(&live.cluster, live.pool.program, 100 * SOL);
        let manager = live.pool.state.head.manager;
        let execute = |group| driver.send_unsigned(&Plan::one("set up", group)).unwrap();
        execute(actions::extend_pool(&live.read(), &driver.payer()).unwrap());
        let all: Vec<_> = live.pool.records.iter().map(|record| (record.vote_account_address, 1)).collect();
        let changes = weights::changes(&live.read(), &all, weights::Unlisted::Keep).unwrap();
        driver.send_unsigned(&weights::set_validator_weights(&live.read(), &changes).unwrap()).unwrap();
        execute(actions::set_rebalance_policy(&live.read(), &policy).unwrap());
        execute(actions::set_limits(&live.read(), &manager, limits).unwrap());
        live
    }

    fn read(&self) -> PoolSnapshot {
        let driver = Driver::new(&self.cluster, self.pool.program, SOL);
        block_on(driver.read(&self.pool.address, self.pool.program)).unwrap()
    }

    fn vote(&self, index: usize) -> Address {
        self.pool.records[index].vote_account_address
    }

    fn head(&self) -> String {
        let cluster = block_on(self.cluster.genesis_hash()).unwrap().unwrap();
        let (program, pool) = (self.pool.program, self.pool.address);
        format!("format = 1\ncluster = \"{cluster}\"\nprogram = \"{program}\"\npool = \"{pool}\"\n")
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// A file of the pool as it is to be: what every file begins with, then `sections`.
    fn pool_file(&self, sections: &str) -> PathBuf {
        self.write("pool.toml", &(self.head() + sections))
    }

    /// The plan that `tidepool plan` makes of such a file.
    fn plan_file(&self, sections: &str) -> PathBuf {
        let file = DesiredFile::read(&self.pool_file(sections)).unwrap();
        let blame = |fault| file.fault(fault);
        let snapshot = block_on(self.read().read_again(&self.cluster, StakeSelection::None)).unwrap();
        let survey = block_on(Survey::read(&self.cluster, None, snapshot, &file.desired, &[], blame)).unwrap();
        let cluster = block_on(self.cluster.genesis_hash()).unwrap();
        self.write("plan.toml", &PlanFile::text(&file, &survey.live, cluster, &survey.differences))
    }

    fn rehearse(&self, plan: PathBuf, epochs: u32) -> (Result<DryRun, RehearseError>, String) {
        Endpoint::serve(&self.cluster, &honest, |endpoint| {
            rehearse(&Options {
                source: self.pool.address.to_string().into(),
                url: Some(endpoint.url.clone()),
                stake_accounts: true,
                epochs,
                plan: Some(plan),
                ..Options::default()
            })
        })
    }

    fn planned(&self, plan: PathBuf, epochs: u32) -> (Planned, String) {
        let (rehearsed, text) = self.rehearse(plan, epochs);
        let rehearsed = rehearsed.unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert!(rehearsed.extended.is_none());
        (rehearsed.planned.unwrap(), text)
    }

    /// Checks that a plan is refused before anything is executed, with the exit code and all `parts`.
    #[track_caller]
    fn assert_refused(&self, plan: PathBuf, code: u8, parts: &[&str]) {
        let (rehearsed, text) = self.rehearse(plan, 1);
        let error = rehearsed.expect_err(&text);
        for part in parts {
            assert!(error.to_string().contains(part), "{part:?} is missing in: {error}");
        }
        assert_eq!(error.exit_code(), code, "{error}");
        assert!(!text.contains("Update into epoch"), "{text}");
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn validators() -> [Validator; 4] {
    [1_000, 1_100, 1_200, 1_400].map(|sol| Validator::active(sol * SOL))
}

/// A fee account, a fee, a policy, weights, an addition, and the removal of the last validator.
fn sections(live: &Live) -> String {
    let mut text =
        "[fees]\nepoch = \"4%\"\n[policy]\nthreshold = 2\nturnover_budget = \"10%\"\n[validators]\n".to_owned();
    text.insert_str(0, &format!("[authorities]\nfee_account = \"{}\"\n", new_fee_account()));
    let all = [(live.vote(0), 3), (live.vote(1), 1), (live.vote(2), 0), (new_vote(), 2)];
    for (vote, weight) in all {
        writeln!(text, "{vote} = {weight}").unwrap();
    }
    text
}

/// What [`sections`] wants, without the removed validator.
fn assert_complete(live: &Live, planned: &Planned, text: &str) {
    assert!(planned.left.is_empty() && text.contains("a second plan is empty"), "{text}");
    let mut weights: Vec<_> =
        planned.last.records().iter().map(|record| (record.vote_account_address, record.extension.weight())).collect();
    weights.sort_unstable();
    let mut expected = vec![(live.vote(0), 3), (live.vote(1), 1), (live.vote(2), 0), (new_vote(), 2)];
    expected.sort_unstable();
    assert_eq!(weights, expected, "{text}");
    let policy = planned.last.policy().unwrap();
    assert_eq!((policy.threshold.get(), policy.turnover_budget.get()), (2 * SOL, 1_000));
    assert_eq!(planned.last.pool().head.manager_fee_account, new_fee_account());
    let fee = planned.last.pool().head.epoch_fee.get();
    assert_eq!((fee.numerator, fee.denominator), (1, 25), "{text}");
}

#[test]
fn file_of_a_pool_is_carried_out_within_the_turnover_budget() {
    let live = Live::of(&validators());
    let (planned, text) = live.planned(live.pool_file(&sections(&live)), 4);
    assert_complete(&live, &planned, &text);
    let epochs: Vec<u64> = planned.epochs.iter().map(|done| done.epoch).collect();
    assert_eq!(epochs, [1, 2, 3, 4, 5].map(|after| EPOCH + after), "{text}");
    let first = &planned.epochs[0];
    for kind in [StepKind::Fee(Setting::EpochFee), StepKind::Policy, StepKind::AddValidators, StepKind::Weights] {
        assert!(first.steps.contains(&kind), "{kind:?}: {text}");
    }
    assert!(first.delegated > SOL && first.waiting > 0, "{text}");
    // 1,400 SOL of some 5,200 are more than the budget of two epochs.
    let removed = planned.epochs.iter().position(|done| done.steps.contains(&StepKind::RemoveValidators)).unwrap();
    assert!(removed == 2 && planned.epochs[..removed].iter().all(|done| done.waiting > 0), "{text}");
    for done in &planned.epochs {
        assert!(done.deactivated <= 530 * SOL, "{done:?}");
    }
    let deactivated: u64 = planned.epochs.iter().map(|done| done.deactivated).sum();
    assert!(deactivated >= 1_400 * SOL, "{text}");
    assert_eq!(planned.figures.len(), 4);
    let rates = planned.figures.windows(2).map(|pair| (pair[0].rate, pair[1].rate));
    for (was, is) in rates {
        let product = |lamports: u64, tokens: u64| u128::from(lamports) * u128::from(tokens);
        assert!(
            product(is.total_lamports.get(), was.pool_token_supply.get())
                > product(was.total_lamports.get(), is.pool_token_supply.get())
        );
    }
    for part in ["epoch: 4 % (before: 5 %)", "turnover budget", "SOL delegated", "SOL per pool token after the update"]
    {
        assert!(text.contains(part), "{part:?} is missing in: {text}");
    }
}

#[test]
fn plan_of_an_extended_pool_leaves_what_has_no_time_yet() {
    let live = Live::extended(&validators(), RebalancePolicy::DEFAULT, &LimitChanges::default());
    let plan = live.plan_file(&sections(&live));
    let (planned, text) = live.planned(plan.clone(), 1);
    assert!(planned.left.iter().any(|step| step.kind == StepKind::RemoveValidators), "{text}");
    assert!(text.contains("from the update in epoch") && text.contains("rehearse more epochs"), "{text}");
    let (planned, text) = live.planned(plan, 6);
    assert_complete(&live, &planned, &text);
}

#[test]
fn validators_of_a_long_step_are_named_on_request() {
    let live = Live::of(&[Validator::active(1_000 * SOL); 12]);
    let weights: Vec<_> = (0..12).map(|index| format!("{} = 1\n", live.vote(index))).collect();
    let plan = live.pool_file(&format!("[validators]\n{}", weights.concat()));
    let source = live.pool.save();
    let options = Options { source: source.path(), plan: Some(plan), ..Options::default() };
    let named = |text: &str| (0..12).filter(|index| text.contains(&live.vote(*index).to_string())).count();
    let (_, text) = rehearse(&options);
    assert!(named(&text) == 10 && text.contains("and 2 more: --verbose shows them all"), "{text}");
    let (_, text) = rehearse(&Options { verbose: true, ..options });
    assert_eq!(named(&text), 12, "{text}");
}

#[test]
fn saved_pool_gets_a_made_vote_account_for_a_new_validator() {
    let live = Live::of(&validators());
    let plan = live.pool_file(&format!(
        "[metadata]\nname = \"Tide\"\n[validators]\n{} = 1\n{} = 1\n",
        live.vote(0),
        new_vote()
    ));
    let source = live.pool.save();
    let (rehearsed, text) = rehearse(&Options { source: source.path(), plan: Some(plan), ..Options::default() });
    let planned = rehearsed.unwrap_or_else(|error| panic!("{error}\n{text}")).planned.unwrap();
    assert!(planned.last.validator_record(&new_vote()).is_some(), "{text}");
    assert!(text.contains("5 vote accounts") && text.contains("not checked"), "{text}");
    assert!(text.contains("metadata: the embedded cluster"), "{text}");
}

#[test]
fn saved_copy_has_the_accounts_that_a_plan_names() {
    let live = Live::extended(&validators(), RebalancePolicy::DEFAULT, &LimitChanges::default());
    let copy = live.folder.path().join("copy");
    let plan = live.plan_file(&sections(&live));
    let (rehearsed, text) = Endpoint::serve(&live.cluster, &honest, |endpoint| {
        rehearse(&Options {
            source: live.pool.address.to_string().into(),
            url: Some(endpoint.url.clone()),
            save: Some(copy.clone()),
            plan: Some(plan.clone()),
            ..Options::default()
        })
    });
    assert!(rehearsed.is_ok(), "{text}");
    for address in [new_vote(), new_fee_account()] {
        assert!(copy.join(format!("{address}.json")).exists(), "{text}");
    }
    let (rehearsed, text) = rehearse(&Options { source: copy, plan: Some(plan), epochs: 4, ..Options::default() });
    let planned = rehearsed.unwrap_or_else(|error| panic!("{error}\n{text}")).planned.unwrap();
    assert_complete(&live, &planned, &text);
    assert!(text.contains("4 vote accounts") && !text.contains("not used"), "{text}");
}

#[test]
fn change_with_a_notice_is_announced_and_made_later() {
    let limits = LimitChanges { notice_epochs: Some(2), ..LimitChanges::default() };
    let live = Live::extended(&validators(), RebalancePolicy::DEFAULT, &limits);
    let staker = address_of("new staker");
    let plan = live.plan_file(&format!("[authorities]\nstaker = \"{staker}\"\n[fees]\nepoch = \"4%\"\n"));
    // The embedded cluster has no metadata.
    let metadata = "\n[[change]]\npart = \"metadata.name\"\nbefore = \"Tide\"\nafter = \"Ebb\"\n";
    fs::write(&plan, fs::read_to_string(&plan).unwrap() + metadata).unwrap();
    let (planned, text) = live.planned(plan.clone(), 1);
    assert_eq!(planned.last.pool().head.staker, live.pool.state.head.staker);
    assert_eq!(planned.left.iter().map(|step| step.kind).collect::<Vec<_>>(), [StepKind::Staker], "{text}");
    let from = format!("announced, and can be made from epoch {} and", EPOCH + 3);
    assert!(text.contains(&from) && text.contains("1 step: rehearse more epochs"), "{text}");

    let (planned, text) = live.planned(plan, 2);
    let steps: Vec<_> = planned.epochs.iter().map(|done| done.steps.as_slice()).collect();
    let fee = StepKind::Fee(Setting::EpochFee);
    assert_eq!(steps, [&[fee, StepKind::Staker][..], &[], &[StepKind::Staker]], "{text}");
    assert_eq!(planned.last.pool().head.staker, staker);
    assert!(text.contains("a second plan is empty"), "{text}");
}

#[test]
fn plans_for_something_else_are_refused_with_their_place() {
    const USAGE: u8 = 2;
    const REFUSED: u8 = 3;
    let live = Live::extended(&validators(), RebalancePolicy::DEFAULT, &LimitChanges::default());
    let plan = live.plan_file("[fees]\nepoch = \"4%\"\n");
    let text = fs::read_to_string(&plan).unwrap();
    let line = |key: &str| text.lines().position(|line| line.starts_with(key)).unwrap() + 1;
    let other = address_of("other").to_string();
    let program = live.pool.program.to_string();
    for (key, old, what) in [
        ("pool", &live.pool.address.to_string(), "the file is about pool"),
        ("program", &program, "the file is about a pool of program"),
        ("cluster", &block_on(live.cluster.genesis_hash()).unwrap().unwrap().to_string(), "genesis hash"),
    ] {
        let changed = live.write("other.toml", &text.replacen(old.as_str(), &other, 1));
        let place = format!("other.toml, line {}, column {}: ", line(key), key.len() + 4);
        live.assert_refused(changed, USAGE, &[&place, what, &other]);
    }
    let changed = live.write("changed.toml", &text.replace("before = \"5%\"", "before = \"3%\""));
    let place = format!("changed.toml, line {}, column 8: ", line("part"));
    live.assert_refused(changed, REFUSED, &[&place, "the pool has changed", "fees.epoch was \"3 %\""]);
    // A validator that the cluster does not have.
    let missing = live.pool_file(&format!("[validators]\n{other} = 1\n"));
    live.assert_refused(missing, REFUSED, &["pool.toml, line 6, column", &other, "use a vote account"]);
    let twice = live.pool_file("[fees]\nepoch = \"4%\"\nepoch = \"3%\"\n");
    live.assert_refused(twice, USAGE, &["pool.toml, line 7, column 1", "duplicate key"]);
}

#[test]
fn fault_in_the_middle_names_its_place_after_what_was_done() {
    let policy = RebalancePolicy { validator_cap: 4_000.into(), ..RebalancePolicy::DEFAULT };
    let validators = [1_000, 1_100, 10].map(|sol| Validator::active(sol * SOL));
    let live = Live::extended(&validators, policy, &LimitChanges::default());
    // Two validators cannot hold all stake once the third is removed.
    let sections = format!("[fees]\nepoch = \"4%\"\n[validators]\n{} = 2\n{} = 1\n", live.vote(0), live.vote(1));
    let (rehearsed, text) = live.rehearse(live.plan_file(&sections), 2);
    let error = rehearsed.expect_err(&text);
    assert!(matches!(&error, RehearseError::Run(RunError::File(_))), "{error}");
    let plan = fs::read_to_string(live.folder.path().join("plan.toml")).unwrap();
    let changed = format!("part = \"validators.{}\"", live.vote(0));
    let line = plan.lines().position(|line| line == changed).unwrap() + 1;
    let error = error.to_string();
    assert!(error.contains(&format!("plan.toml, line {line}, column 8: ")) && error.contains("cap"), "{error}");
    assert!(text.contains("epoch: 4 % (before: 5 %)") && text.contains("1 validator with"), "{text}");
    assert!(!text.contains("The plan at the end"), "{text}");
}
