//! `tidepool events` before an endpoint that prunes, forks and drops its websocket, and a command that is killed.

use {
    super::{
        super::{
            events::life,
            harness::{Random, SOL, Stage, number, text},
        },
        endpoint::{Endpoint, Reply, Request},
    },
    serde_json::{Value, json},
    solana_address::Address,
    solana_signature::Signature,
    std::{
        collections::HashSet,
        future::Future,
        io::{BufRead as _, BufReader, Lines},
        net::TcpListener,
        process::{Child, ChildStdout, Command, Stdio},
        sync::{
            Mutex,
            atomic::{AtomicU64, Ordering},
            mpsc::{self, Receiver, Sender},
        },
        thread,
    },
    tidepool_client::cluster::{Call, Cluster, HISTORY_PAGE, LandedTransaction},
    tidepool_embedded::EmbeddedCluster,
    tokio_tungstenite::tungstenite::{Message, accept},
};

/// An endpoint's history of the honest cluster, or less than that.
#[derive(Default)]
struct History {
    /// The first slot that it has.
    first: AtomicU64,
    /// A transaction that a fork has dropped.
    dropped: Mutex<Option<Signature>>,
}

impl History {
    fn answer(&self, cluster: &EmbeddedCluster, request: &Request, honest: &dyn Fn() -> Value) -> Reply {
        let result = match request.method.as_str() {
            "getSignaturesForAddress" => self.signatures(cluster, &request.params),
            "getFirstAvailableBlock" => json!(self.first.load(Ordering::Relaxed)),
            "getTransaction" if request.params[1]["encoding"] == "json" => {
                assert_eq!(request.params[1]["maxSupportedTransactionVersion"], 1);
                let signature = text(&request.params[0]).parse().unwrap();
                let landed = block_on(cluster.landed(&signature)).unwrap().filter(|_| !self.is_dropped(&signature));
                landed.as_ref().map_or(Value::Null, encode)
            }
            "getSignatureStatuses" => {
                let mut answer = honest();
                let statuses = answer["result"]["value"].as_array_mut().unwrap();
                for (status, signature) in statuses.iter_mut().zip(request.params[0].as_array().unwrap()) {
                    if self.is_dropped(&text(signature).parse().unwrap()) {
                        *status = Value::Null;
                    } else if !status.is_null() {
                        status["confirmationStatus"] = json!("confirmed");
                    }
                }
                return Reply::Json(answer);
            }
            _ => return Reply::Json(honest()),
        };
        Reply::Json(json!({ "jsonrpc": "2.0", "id": request.id, "result": result }))
    }

    fn is_dropped(&self, signature: &Signature) -> bool {
        self.dropped.lock().unwrap().as_ref() == Some(signature)
    }

    fn signatures(&self, cluster: &EmbeddedCluster, params: &Value) -> Value {
        let address: Address = text(&params[0]).parse().unwrap();
        let before = params[1]["before"].as_str().map(|before| before.parse().unwrap());
        let limit = usize::try_from(number(&params[1]["limit"])).unwrap();
        let page = block_on(cluster.history(&address, before.as_ref(), limit.min(HISTORY_PAGE))).unwrap().unwrap();
        let first = self.first.load(Ordering::Relaxed);
        let kept = page.iter().filter(|past| past.slot >= first && !self.is_dropped(&past.signature));
        kept.map(|past| {
            let error = if past.succeeded { Value::Null } else { json!("AccountNotFound") };
            json!({ "signature": past.signature.to_string(), "slot": past.slot, "err": error })
        })
        .collect()
    }
}

/// A transaction as an endpoint writes it.
fn encode(landed: &LandedTransaction) -> Value {
    let mut keys: Vec<Address> = vec![];
    let mut index = |key: &Address| {
        keys.iter().position(|known| known == key).unwrap_or_else(|| {
            keys.push(*key);
            keys.len() - 1
        })
    };
    let mut instruction = |call: &Call| {
        json!({ "programIdIndex": index(&call.program_id), "accounts": call.accounts.iter().map(&mut index).collect::<Vec<_>>(),
                "data": bs58::encode(&call.data).into_string() })
    };
    let all: Vec<_> = landed.calls.iter().map(&mut instruction).collect();
    let (own, called) = all.split_at(landed.instructions);
    let keys: Vec<_> = keys.iter().map(Address::to_string).collect();
    json!({
        "slot": landed.slot,
        "version": 1,
        "blockTime": landed.block_time,
        "transaction": { "message": { "accountKeys": keys, "instructions": own } },
        "meta": {
            "err": if landed.succeeded { Value::Null } else { json!("AccountNotFound") },
            "logMessages": landed.logs,
            "innerInstructions": [{ "index": 0, "instructions": called }],
        },
    })
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(work)
}

/// A pool with a history.
struct World {
    stage: Stage,
    pool: String,
    history: History,
}

impl World {
    fn new() -> Self {
        let stage = Stage::new();
        let pool = block_on(life(&stage));
        Self { stage, pool, history: History::default() }
    }

    fn deposit(&self, sol: u64) -> Signature {
        let deposited = block_on(self.stage.must(&format!("deposit-sol {} {sol}", self.pool)));
        text(&deposited["transactions"][0]["signature"]).parse().unwrap()
    }

    fn serve<T>(&self, work: impl FnOnce(&Endpoint) -> T) -> T {
        let (cluster, history) = (&self.stage.cluster, &self.history);
        let answer = |request: &Request, honest: &dyn Fn() -> Value| history.answer(cluster, request, honest);
        Endpoint::serve(cluster, &answer, work)
    }

    fn start(&self, url: &str, websocket_url: &str, options: &str) -> Running {
        let config = format!("json_rpc_url: {url}\nwebsocket_url: \"{websocket_url}\"\nkeypair_path: none.json\n");
        let config = self.stage.file(&format!("{}.yml", Address::new_unique()), config);
        let mut process = Command::new(env!("CARGO_BIN_EXE_tidepool"))
            .args(["events", &self.pool, "--output", "json", "--config", &config])
            .args(options.split_whitespace())
            .env("HOME", env!("CARGO_TARGET_TMPDIR"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Running { process, lines }
    }

    /// All lines of a command that ends.
    fn all(&self, url: &str, options: &str) -> Vec<Value> {
        let mut running = self.start(url, "", options);
        let lines: Vec<_> = std::iter::from_fn(|| running.line()).collect();
        assert!(running.process.wait().unwrap().success(), "{lines:#?}");
        lines
    }
}

/// A command that runs. It ends with this.
struct Running {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// The next whole line; `None` at the end.
    fn line(&mut self) -> Option<Value> {
        serde_json::from_str(&self.lines.next()?.unwrap()).ok()
    }

    fn must(&mut self) -> Value {
        self.line().expect("another line")
    }

    /// The next line about an event, or a sum of them.
    fn record(&mut self) -> Value {
        loop {
            let line = self.must();
            if line["type"] != "connection" {
                return line;
            }
        }
    }

    /// Lines up to the first of this type, which is returned.
    fn until(&mut self, kind: &str) -> Value {
        loop {
            let line = self.must();
            if line["type"] == kind {
                return line;
            }
        }
    }

    /// Checks that the next line tells of the connection.
    fn tells(&mut self, state: &str, part: &str) {
        let line = self.must();
        assert_eq!((&line["type"], &line["state"]), (&json!("connection"), &json!(state)), "{line:#}");
        assert!(text(&line["sentence"]).contains(part), "{line:#}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn keys(lines: &[Value]) -> Vec<String> {
    lines.iter().filter(|line| line["type"] == "event").map(|line| text(&line["key"])).collect()
}

#[test]
fn lines_are_whole_and_end_with_the_comparison() {
    let world = World::new();
    let lines = world.serve(|endpoint| world.all(&endpoint.url, ""));
    let (last, events) = lines.split_last().unwrap();
    assert_eq!((&last["type"], &last["exact"]), (&json!("reconciliation"), &json!(true)), "{last:#}");
    assert_eq!(keys(&lines).len(), events.len());
    let sum: i64 = events.iter().map(|event| event["lamports_change"].as_i64().unwrap()).sum();
    let before = last["lamports_before"].as_i64().unwrap();
    assert_eq!(before + sum, last["total_lamports"].as_i64().unwrap());
    let kinds: HashSet<_> = events.iter().map(|event| text(&event["event"])).collect();
    for kind in ["funds", "fee", "authority", "weights", "policy", "demotion_policy", "exit"] {
        assert!(kinds.contains(kind), "{kinds:?}");
    }
}

#[test]
fn killed_command_goes_on_after_its_last_line() {
    let world = World::new();
    world.serve(|endpoint| {
        let (mut random, mut seen) = (Random(7), vec![]);
        for round in 0..8 {
            let from = seen.last().map_or(String::new(), |key| format!("--from {key}"));
            let mut running = world.start(&endpoint.url, "", &format!("--follow {from}"));
            for _ in 0..=random.below(6) {
                let line = running.record();
                if line["type"] == "event" {
                    seen.push(text(&line["key"]));
                } else {
                    break;
                }
            }
            running.process.kill().unwrap();
            if round % 3 == 0 {
                world.deposit(1);
            }
        }
        seen.extend(keys(&world.all(&endpoint.url, &format!("--from {}", seen.last().unwrap()))));
        assert_eq!(seen, keys(&world.all(&endpoint.url, "")));
    });
}

#[test]
fn killed_command_goes_on_after_its_state() {
    let world = World::new();
    let state = world.stage.folder_file("state");
    world.serve(|endpoint| {
        let (mut random, mut seen, all) = (Random(11), vec![], keys(&world.all(&endpoint.url, "")));
        let mut kills = 0;
        while seen.last() != all.last() {
            let mut running = world.start(&endpoint.url, "", &format!("--follow --state {state}"));
            let mut lines: Vec<_> = (0..=random.below(4)).map_while(|_| running.line()).collect();
            running.process.kill().unwrap();
            // What it has printed counts, whether or not it was read by then.
            lines.extend(std::iter::from_fn(|| running.line()));
            seen.extend(keys(&lines));
            kills += 1;
        }
        let repeated = seen.len() - seen.iter().collect::<HashSet<_>>().len();
        assert!(repeated <= kills, "{repeated} of {kills}");
        seen.dedup();
        assert_eq!(seen, all);
    });
}

#[test]
fn pruned_history_is_named() {
    let world = World::new();
    world.serve(|endpoint| {
        let whole = world.all(&endpoint.url, "");
        let has_rewards = |line: &&Value| {
            line["data"]["instruction"] == "update_stake_pool_balance" && line["lamports_change"].as_i64() > Some(0)
        };
        let first = number(&whole.iter().find(has_rewards).unwrap()["slot"]) + 1;
        world.history.first.store(first, Ordering::Relaxed);
        let lines = world.all(&endpoint.url, "");
        let gap = &lines[0];
        assert_eq!((&gap["type"], &gap["cause"]), (&json!("gap"), &json!("pruned_history")));
        assert_eq!((&gap["from_slot"], &gap["to_slot"]), (&json!(0), &json!(first - 1)));
        assert!(text(&gap["sentence"]).contains("no history of these slots"));
        let kept: Vec<_> =
            whole.iter().filter(|line| line["type"] == "event" && number(&line["slot"]) >= first).cloned().collect();
        assert_eq!(keys(&lines), keys(&kept));
        // The totals agree from where the history starts, and the ledger names the missing epochs.
        let compared = lines.last().unwrap();
        assert_eq!((&compared["lamports_difference"], &compared["exact"]), (&json!(0), &json!(false)));
        assert!(compared["reward_lamports_difference"].as_i64() > Some(0), "{compared:#}");
        // From a slot that is gone.
        let from = format!("--from {}", first - 3);
        let gap = &world.all(&endpoint.url, &from)[0];
        assert_eq!((&gap["from_slot"], &gap["to_slot"]), (&json!(first - 3), &json!(first - 1)));
    });
}

#[test]
fn fork_at_confirmed_is_named() {
    let world = World::new();
    let last = world.deposit(2);
    world.serve(|endpoint| {
        let mut running = world.start(&endpoint.url, "", "--follow --commitment confirmed");
        running.tells("polling", "No websocket");
        let compared = running.until("reconciliation");
        assert_eq!(compared["exact"], true);
        *world.history.dropped.lock().unwrap() = Some(last);
        let cluster = &world.stage.cluster;
        cluster.skip_to_slot(cluster.slot() + 1).unwrap();
        let next = world.deposit(3);
        let retracted = running.must();
        assert_eq!((&retracted["type"], &retracted["signature"]), (&json!("retracted"), &json!(last.to_string())));
        let event = running.must();
        assert_eq!((&event["signature"], &event["lamports_change"]), (&json!(next.to_string()), &json!(3 * SOL)));
    });
}

/// Accepts subscriptions to transactions, and sends a notice for each message; the connection is closed when the sender is dropped.
fn websocket() -> (String, Receiver<Sender<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let (subscriptions, subscribed) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut socket) = accept(stream.unwrap()) else { continue };
            let request: Value = serde_json::from_str(socket.read().unwrap().to_text().unwrap()).unwrap();
            assert_eq!(
                (&request["method"], &request["params"][1]["commitment"]),
                (&json!("logsSubscribe"), &json!("finalized"))
            );
            let answer = json!({ "jsonrpc": "2.0", "id": request["id"], "result": 7 });
            socket.send(Message::text(answer.to_string())).unwrap();
            let (sender, notices) = mpsc::channel::<()>();
            if subscriptions.send(sender).is_err() {
                return;
            }
            for () in notices {
                let value = json!({ "signature": "", "err": null, "logs": [] });
                let result = json!({ "context": { "slot": 5 }, "value": value });
                let params = json!({ "subscription": 7, "result": result });
                let notice = json!({ "jsonrpc": "2.0", "method": "logsNotification", "params": params });
                socket.send(Message::text(notice.to_string())).unwrap();
            }
        }
    });
    (url, subscribed)
}

#[test]
fn dropped_websocket_leaves_no_hole() {
    let world = World::new();
    let (websocket_url, subscribed) = websocket();
    world.serve(|endpoint| {
        let mut running = world.start(&endpoint.url, &websocket_url, "--follow");
        running.tells("listening", "Listening");
        let first = subscribed.recv().unwrap();
        running.until("reconciliation");
        // A notice is followed by the event at once; without one, the next search is a minute away.
        let told = world.deposit(1);
        first.send(()).unwrap();
        assert_eq!(running.must()["signature"], told.to_string());
        drop(first);
        let untold = world.deposit(2);
        running.tells("lost", "The websocket was closed");
        running.tells("listening", "Listening");
        let second = subscribed.recv().unwrap();
        assert_eq!(running.must()["signature"], untold.to_string());
        let told = world.deposit(3);
        second.send(()).unwrap();
        assert_eq!(running.must()["signature"], told.to_string());
    });
}
