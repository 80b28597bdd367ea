//! A user at a shell: a home, a wallet, and the real binary.

use {
    super::{cluster::Cluster, path_from, wait_for},
    serde_json::Value,
    solana_address::Address,
    solana_keypair::{Keypair, write_keypair_file},
    solana_signer::Signer as _,
    std::{
        fs::{self, File},
        path::PathBuf,
        process::{Child, Command, ExitStatus, Stdio},
        sync::atomic::{AtomicU32, Ordering},
        thread,
        time::{Duration, Instant},
    },
    tempfile::TempDir,
    tidepool_tests::SOL,
};

/// Time that a command may take.
const COMMAND_TIME: Duration = Duration::from_secs(150);

/// The exit code of what may succeed later.
const NOT_NOW: i32 = 5;

/// A user of a cluster.
pub struct User {
    /// The wallet.
    pub keypair: Keypair,
    home: TempDir,
    runs: AtomicU32,
}

impl User {
    /// A user with 10,000 SOL whose configuration names the cluster and the wallet.
    pub fn new(cluster: &Cluster) -> Self {
        let user = Self::unfunded(cluster);
        cluster.fund(&user.address(), 10_000 * SOL);
        user
    }

    /// A user whose wallet is unfunded.
    pub fn unfunded(cluster: &Cluster) -> Self {
        let home = tempfile::Builder::new().prefix("tidepool-e2e-home-").tempdir().expect("a folder for the home");
        let user = Self { keypair: Keypair::new(), home, runs: AtomicU32::new(0) };
        let config = format!(
            "---\njson_rpc_url: \"http://{}\"\nwebsocket_url: ''\nkeypair_path: {}\ncommitment: confirmed\n",
            cluster.rpc.address,
            user.path(".config/solana/id.json").display()
        );
        user.file(".config/solana/cli/config.yml", &config);
        write_keypair_file(&user.keypair, user.path(".config/solana/id.json")).expect("the home can be written to");
        user
    }

    /// The wallet's address.
    pub fn address(&self) -> Address {
        self.keypair.pubkey()
    }

    /// A path in the home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file in the home, and returns its path as one types it.
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is in the home")).expect("the home can be written to");
        fs::write(&path, content).expect("the home can be written to");
        path.display().to_string()
    }

    /// Runs `tidepool LINE`, whose words are separated by blanks, to its end.
    pub fn run(&self, line: &str) -> Answer {
        self.start(line).finish()
    }

    /// Runs a command that has to succeed, without questions; returns its JSON.
    pub fn must(&self, line: &str) -> Value {
        self.run(&format!("{line} --yes --output json")).json()
    }

    /// As [`Self::must`], again and again while the answer is that it cannot be done now, as a user does whose epochs last two
    /// seconds.
    pub fn must_soon(&self, line: &str) -> Value {
        wait_for(line, || {
            let answer = self.run(&format!("{line} --yes --output json"));
            (answer.code != Some(NOT_NOW)).then(|| answer.json())
        })
    }

    /// Starts a command.
    pub fn start(&self, line: &str) -> Running {
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        let [out, err] = ["out", "err"].map(|name| self.path(&format!("{run}.{name}")));
        let create = |path| File::create(path).expect("the home can be written to");
        let process = Command::new(path_from("E2E_TIDEPOOL"))
            .args(line.split_whitespace())
            .env("HOME", self.home.path())
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .stdout(create(&out))
            .stderr(create(&err))
            .spawn()
            .expect("the command line starts");
        Running { line: line.to_owned(), process, out, err, began: Instant::now() }
    }
}

/// A command that runs. It ends with this.
pub struct Running {
    line: String,
    process: Child,
    out: PathBuf,
    err: PathBuf,
    began: Instant,
}

impl Running {
    /// Waits for its end.
    pub fn finish(mut self) -> Answer {
        let status = loop {
            if let Some(status) = self.status() {
                break status;
            }
            assert!(self.began.elapsed() < COMMAND_TIME, "tidepool {} does not end: {}", self.line, self.errors());
            thread::sleep(Duration::from_millis(5));
        };
        let took = self.began.elapsed();
        let read = |path| fs::read_to_string(path).expect("output is text");
        Answer { line: self.line.clone(), code: status.code(), out: read(&self.out), err: read(&self.err), took }
    }

    /// How it has ended, if it has.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().expect("its state is known")
    }

    /// What it has said so far on standard error.
    pub fn errors(&self) -> String {
        fs::read_to_string(&self.err).expect("output is text")
    }

    /// What it has said so far on standard output.
    pub fn output(&self) -> String {
        fs::read_to_string(&self.out).expect("output is text")
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&mut self) {
        self.process.kill().expect("the process can be killed");
        self.process.wait().expect("the process ends");
    }

    /// Presses Ctrl-C.
    pub fn interrupt(&self) {
        let id = i32::try_from(self.process.id()).ok().and_then(rustix::process::Pid::from_raw).expect("a process id");
        rustix::process::kill_process(id, rustix::process::Signal::INT).expect("the process can be interrupted");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended, unless a test fails.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a command did.
#[derive(Debug)]
pub struct Answer {
    /// What was typed.
    pub line: String,
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// How long it took.
    pub took: Duration,
}

impl Answer {
    /// The JSON of a command that has succeeded.
    pub fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "tidepool {}: {}", self.line, self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("tidepool {}: {error}: {}", self.line, self.out))
    }

    /// Checks that the command has ended with this code and one sentence that has these parts, and has answered nothing.
    pub fn assert_refused(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "tidepool {}: {}", self.line, self.err);
        assert_eq!(self.out, "", "tidepool {} answers, and fails", self.line);
        // The error comes last, before what became of each transaction, or where the arguments are wrong, the name of the help.
        let mut lines = self.err.lines().skip_while(|line| !line.starts_with("error: "));
        let sentence = lines.next().unwrap_or_else(|| panic!("tidepool {}: {:?} is no error", self.line, self.err));
        let is_detail =
            |line: &str| line.is_empty() || line.starts_with("  ") || line.starts_with("For more information");
        assert!(lines.all(is_detail), "tidepool {}: {:?} is more than a sentence", self.line, self.err);
        for part in parts {
            assert!(sentence.contains(part), "tidepool {}: {sentence:?} does not say {part:?}", self.line);
        }
    }
}
