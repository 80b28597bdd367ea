//! A proxy between the binary and the validator, which does what networks do: lose transactions, be slow, be gone.

use {
    super::{rpc::Rpc, wait_for},
    base64::{Engine as _, prelude::BASE64_STANDARD},
    fastrand::Rng,
    local_validator::http::Message,
    serde_json::{Value, json},
    solana_sdk_ids::sysvar::epoch_rewards,
    solana_transaction::versioned::VersionedTransaction,
    std::{
        io::{self, BufReader},
        net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
        sync::{Arc, Mutex, MutexGuard, PoisonError},
        thread,
        time::Duration,
    },
};

const SEND: &str = "sendTransaction";

/// Length of the sysvar that tells of epoch rewards. Its last byte says whether they are being paid.
const EPOCH_REWARDS_LENGTH: usize = 81;

/// What the proxy does.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// How many of 100 transactions are thrown away, with the answer that they were taken.
    pub dropped_percent: u8,
    /// Time by which every request is held up.
    pub delay: Duration,
    /// Goes down when it has handed over this many transactions, before it answers the last.
    pub down_at_send: Option<usize>,
    /// Makes it look as if epoch rewards were being paid.
    pub rewards_active: bool,
}

/// A transaction that came by.
#[derive(Clone, Debug)]
pub struct Passed {
    /// Its first signature.
    pub signature: String,
    /// Whether it was thrown away.
    pub dropped: bool,
}

/// A running proxy.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: Rpc,
    state: Mutex<State>,
}

struct State {
    rules: Rules,
    random: Rng,
    passed: Vec<Passed>,
    requests: usize,
    is_up: bool,
    open: Vec<TcpStream>,
}

impl Proxy {
    /// A proxy in front of `upstream`. Which transactions it drops follows from the seed.
    pub fn start(upstream: Rpc, rules: Rules, seed: u64) -> Self {
        let random = Rng::with_seed(seed);
        let state = State { rules, random, passed: vec![], requests: 0, is_up: false, open: vec![] };
        let shared = Arc::new(Shared { upstream, state: Mutex::new(state) });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let mut proxy = Self { address: listener.local_addr().expect("it is bound"), shared };
        proxy.serve(listener);
        proxy
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes what it does.
    pub fn set(&self, rules: Rules) {
        self.shared.state().rules = rules;
    }

    /// All transactions that came by, in order.
    pub fn passed(&self) -> Vec<Passed> {
        self.shared.state().passed.clone()
    }

    /// How many requests came by.
    pub fn requests(&self) -> usize {
        self.shared.state().requests
    }

    /// Waits until this many transactions came by.
    pub fn wait_for_sends(&self, count: usize) {
        wait_for("a transaction at the proxy", || (self.passed().len() >= count).then_some(()));
    }

    /// Waits until it has gone down by itself.
    pub fn wait_until_down(&self) {
        wait_for("the end of the proxy", || (!self.shared.state().is_up).then_some(()));
    }

    /// Refuses connections from now on, and closes those that there are.
    pub fn go_down(&self) {
        self.shared.go_down(self.address);
    }

    /// Listens again at the same address.
    pub fn come_back(&mut self) {
        let address = self.address;
        self.serve(wait_for("the proxy's port", || TcpListener::bind(address).ok()));
    }

    fn serve(&mut self, listener: TcpListener) {
        self.shared.state().is_up = true;
        let (shared, address) = (Arc::clone(&self.shared), self.address);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                let mut state = shared.state();
                if !state.is_up {
                    return;
                }
                state.open.extend(stream.try_clone());
                drop(state);
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.talk(stream, address));
            }
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.go_down();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn go_down(&self, address: SocketAddr) {
        let mut state = self.state();
        if !state.is_up {
            return;
        }
        state.is_up = false;
        for stream in state.open.drain(..) {
            // The other side may have closed it.
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(state);
        // Wakes the listener, which then sees that it is to end.
        let _ = TcpStream::connect(address);
    }

    /// Answers the requests of one connection, until either side closes it.
    fn talk(&self, stream: TcpStream, address: SocketAddr) {
        let Ok(mut writer) = stream.try_clone() else { return };
        let mut reader = BufReader::new(stream);
        while let Ok(Some(request)) = Message::read(&mut reader) {
            let answer = serde_json::from_slice(&request.body).map_err(io::Error::from);
            let Ok(answer) = answer.and_then(|request| self.answer(request, address)) else { break };
            if Message::ok(answer.to_string().into_bytes()).write(&mut writer).is_err() {
                break;
            }
        }
        let _ = writer.shutdown(Shutdown::Both);
    }

    fn answer(&self, mut request: Value, address: SocketAddr) -> io::Result<Value> {
        let mut state = self.state();
        state.requests += 1;
        let rules = state.rules;
        let (mut is_dropped, mut is_last) = (false, false);
        if request["method"] == SEND {
            is_dropped = state.random.u8(0..100) < rules.dropped_percent;
            let signature = signature_of(&request);
            state.passed.push(Passed { signature, dropped: is_dropped });
            is_last = rules.down_at_send.is_some_and(|count| state.passed.len() >= count);
        }
        drop(state);
        thread::sleep(rules.delay);
        if is_dropped {
            return Ok(json!({ "jsonrpc": "2.0", "id": request["id"], "result": signature_of(&request) }));
        }
        if rules.rewards_active {
            ask_for_plain_data(&mut request);
        }
        let mut answer = self.upstream.exchange(&request)?;
        if is_last {
            self.go_down(address);
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        if rules.rewards_active {
            show_rewards(&request, &mut answer);
        }
        Ok(answer)
    }
}

/// The first signature of a transaction in base64.
fn signature_of(request: &Value) -> String {
    let encoded = request["params"][0].as_str().expect("a transaction");
    let bytes = BASE64_STANDARD.decode(encoded).expect("base64");
    let transaction: VersionedTransaction = wincode::deserialize(&bytes).expect("a transaction");
    transaction.signatures[0].to_string()
}

/// Has accounts written in base64, not compressed.
fn ask_for_plain_data(request: &mut Value) {
    if let Some(encoding) = request["params"].get_mut(1).and_then(|options| options.get_mut("encoding")) {
        *encoding = "base64".into();
    }
}

/// Puts a sysvar that says that rewards are being paid in the place of the right one.
fn show_rewards(request: &Value, answer: &mut Value) {
    let sysvar = epoch_rewards::ID.to_string();
    let found = match &request["params"][0] {
        Value::Array(addresses) => {
            addresses.iter().position(|address| *address == sysvar).map(|at| &mut answer["result"]["value"][at])
        }
        address => (*address == sysvar).then(|| &mut answer["result"]["value"]),
    };
    if let Some(account) = found {
        let mut data = [0; EPOCH_REWARDS_LENGTH];
        data[EPOCH_REWARDS_LENGTH - 1] = 1;
        *account = json!({
            "lamports": 1,
            "data": [BASE64_STANDARD.encode(data), "base64"],
            "owner": "Sysvar1111111111111111111111111111111111111",
            "executable": false,
            "rentEpoch": u64::MAX,
            "space": EPOCH_REWARDS_LENGTH,
        });
    }
}
