//! `crank --watch` in front of an endpoint that gives other answers than the cluster's between good ones.

use {
    super::{
        Endpoint, FAILED, REFUSED, Reply, Request, World,
        answers::{PASSING, Passing},
        random::Dice,
    },
    crate::{
        crank::{is_fresh, quickly, snapshot, weighted_pool},
        harness::Stage,
    },
    serde_json::Value,
    solana_address::Address,
    std::{
        process::{Child, Command, Output, Stdio},
        sync::{
            Mutex,
            atomic::{AtomicBool, Ordering::Relaxed},
        },
        thread::sleep,
        time::{Duration, Instant},
    },
    tidepool_client::{
        cluster::RpcCluster,
        crank::Crank,
        plan::{self, RebalanceOptions},
        send::Stop,
    },
    tokio::{join, runtime::Runtime, time},
};

/// Time for anything that a watch has to do.
const LONG: Duration = Duration::from_secs(90);

/// Seeds of the random sequences.
const SEEDS: u64 = 4;

/// The program while it watches. It is ended with the test.
pub(super) struct Watch(Option<Child>);

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
        }
    }
}

impl Watch {
    pub(super) fn start(stage: &Stage, url: &str, line: &str) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_tidepool"))
            .args(line.split_whitespace())
            .args(["--watch", "--interval", "1", "--rebalance-at", "now", "--url", url])
            .args(["--keypair", &stage.folder_file("wallet")])
            // A home without a configuration.
            .env("HOME", env!("CARGO_TARGET_TMPDIR"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        Self(Some(child))
    }

    fn is_over(&mut self) -> bool {
        self.0.as_mut().expect("it runs").try_wait().expect("it can be waited for").is_some()
    }

    fn end(mut self) -> Output {
        self.0.take().expect("it runs").wait_with_output().expect("it ends")
    }

    /// Waits until `done`, which has to come while it runs.
    pub(super) fn wait_until(&mut self, what: &str, mut done: impl FnMut() -> bool) {
        let began = Instant::now();
        while !done() {
            if self.is_over() || began.elapsed() > LONG {
                let mut child = self.0.take().expect("it runs");
                let _ = child.kill();
                let ended = child.wait_with_output().expect("it ends");
                panic!("{what}: {:?} {}", ended.status, String::from_utf8_lossy(&ended.stderr));
            }
            sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to end in good order, and returns what it said.
    pub(super) fn stop(self) -> String {
        let id = self.0.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("there is such a program").success());
        let ended = self.end();
        let said = String::from_utf8(ended.stderr).expect("it writes text");
        assert_eq!(ended.status.code(), Some(0), "{said}");
        said
    }
}

/// Whether the pool is up to date, by the cluster itself.
pub(super) fn is_updated(runtime: &Runtime, stage: &Stage, pool: &str) -> bool {
    runtime.block_on(is_fresh(stage, pool))
}

/// Watches a pool while each of `kinds` is given to the next `times` requests that are `chosen`, and checks that it goes on. Returns
/// what it said.
fn watch_through(kinds: &[Passing], times: usize, chosen: fn(&Request) -> bool) -> String {
    let runtime = Runtime::new().expect("a runtime");
    let stage = Stage::new();
    let pool = runtime.block_on(weighted_pool(&stage));
    let next: Mutex<Vec<Passing>> = Mutex::default();
    let lie = |request: &Request, honest: &dyn Fn() -> Value| {
        let given = if chosen(request) { next.lock().expect("no poisoned lock").pop() } else { None };
        given.map_or_else(|| Reply::Json(honest()), |(_, answer)| answer(request))
    };
    Endpoint::serve(&stage.cluster, &lie, |endpoint| {
        stage.cluster.advance_epoch().expect("an epoch");
        let mut watch = Watch::start(&stage, &endpoint.url, &format!("crank {pool}"));
        watch.wait_until("it updates the pool", || is_updated(&runtime, &stage, &pool));
        for kind in kinds {
            next.lock().expect("no poisoned lock").extend(vec![*kind; times]);
            watch.wait_until(kind.0, || next.lock().expect("no poisoned lock").is_empty());
            let asked = endpoint.requests().len();
            watch.wait_until(kind.0, || endpoint.requests().len() > asked + 2);
        }
        stage.cluster.advance_epoch().expect("an epoch");
        watch.wait_until("it updates the pool again", || is_updated(&runtime, &stage, &pool));
        watch.stop()
    })
}

#[test]
fn one_passing_answer_does_not_end_a_watch() {
    watch_through(&PASSING, 1, |_| true);
}

#[test]
fn passing_answers_to_many_requests_in_a_row_do_not_end_a_watch() {
    let named = |name| *PASSING.iter().find(|(known, _)| *known == name).expect("there is one");
    let said = watch_through(&["403", "HTML", "a value of another form"].map(named), 5, is_reading);
    for part in ["HTTP 403 Forbidden: your IP address is blocked", "Sign in to the network", "malformed answer"] {
        assert_eq!(said.matches(part).count(), 1, "{part}: {said}");
    }
    assert!(said.contains("Read the pool again"), "{said}");
}

/// Whether a request is for the pool and what belongs to it.
fn is_reading(request: &Request) -> bool {
    request.method == "getMultipleAccounts" && request.params[0].as_array().is_some_and(|asked| asked.len() == 11)
}

#[tokio::test]
async fn a_watch_fails_at_the_start_for_what_is_final() {
    let world = World::new().await;
    let named = |name| PASSING.iter().find(|(known, _)| *known == name).expect("there is one").1;
    for (name, part) in [("403", "403"), ("404", "404"), ("-32601", "Method not found"), ("308", "redirects")] {
        let lie = |request: &Request, _: &dyn Fn() -> Value| named(name)(request);
        Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
            let mut watch = Watch::start(&world.stage, &endpoint.url, &format!("crank {}", world.pool));
            let began = Instant::now();
            while !watch.is_over() {
                assert!(began.elapsed() < LONG, "{name}");
                sleep(Duration::from_millis(20));
            }
            let ended = watch.end();
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(FAILED), "{name}: {said}");
            assert!(said.contains(part), "{name}: {said}");
        });
    }
    Endpoint::serve(&world.stage.cluster, &super::honest, |endpoint| {
        let line = format!("crank {} --watch", Address::new_unique());
        super::run(&world.stage, endpoint, &line).ends(REFUSED, "the URL");
    });
}

#[test]
fn random_answers_between_good_ones_do_not_end_a_watch() {
    for seed in 0..SEEDS {
        let runtime = Runtime::new().expect("a runtime");
        let stage = Stage::new();
        let pool = runtime.block_on(weighted_pool(&stage));
        let dice = Mutex::new((Dice(seed), vec![]));
        // Of what follows the first update, every third answer is another one, before or after the request was served.
        let lie = |request: &Request, honest: &dyn Fn() -> Value| {
            let mut dice = dice.lock().expect("no poisoned lock");
            if dice.0.below(3) > 0 {
                return Reply::Json(honest());
            }
            let (name, answer) = PASSING[dice.0.below(PASSING.len())];
            dice.1.push(name);
            if dice.0.below(2) == 0 {
                honest();
            }
            answer(request)
        };
        let is_read = AtomicBool::new(false);
        let lie = |request: &Request, honest: &dyn Fn() -> Value| {
            if is_read.load(Relaxed) { lie(request, honest) } else { Reply::Json(honest()) }
        };
        Endpoint::serve(&stage.cluster, &lie, |endpoint| {
            let (cluster, stop, (crank, send)) = (RpcCluster::new(&endpoint.url), Stop::default(), quickly());
            let crank = Crank::new(&cluster, &stage.wallet).options(crank).send_options(send).stop(&stop);
            let address: Address = pool.parse().expect("an address");
            let life = async {
                for epoch in 0..4 {
                    stage.cluster.advance_epoch().expect("an epoch");
                    let began = Instant::now();
                    loop {
                        let now = snapshot(&stage, &pool).await;
                        if !now.is_stale() && is_on_target(&now) {
                            break;
                        }
                        let given = || dice.lock().expect("no poisoned lock").1.clone();
                        assert!(began.elapsed() < LONG, "seed {seed}, epoch {epoch}: after {:?}", given());
                        time::sleep(Duration::from_millis(20)).await;
                    }
                    is_read.store(true, Relaxed);
                }
                stop.request();
            };
            let (watched, ()) = runtime.block_on(async { join!(crank.watch(&address), life) });
            let given = dice.lock().expect("no poisoned lock").1.clone();
            assert!(watched.is_ok(), "seed {seed}: {watched:?} after {given:?}");
            assert!(given.len() > 5, "seed {seed}: {given:?}");
        });
    }
}

/// Whether a rebalance would move nothing.
fn is_on_target(snapshot: &tidepool_client::pool::PoolSnapshot) -> bool {
    plan::rebalance(snapshot, &RebalanceOptions::default()).is_ok_and(|plan| plan.movements.is_empty())
}
