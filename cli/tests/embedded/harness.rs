//! A cluster with a wallet, and commands run on it.

use {
    clap::Parser as _,
    serde_json::Value,
    solana_address::Address,
    solana_keypair::{Keypair, write_keypair_file},
    solana_signer::Signer as _,
    std::{
        cell::{Cell, RefCell},
        fs, io,
        ops::Range,
        path::PathBuf,
        sync::atomic::{AtomicU32, Ordering},
        time::Duration,
    },
    tidepool_cli::{
        args::GlobalArgs,
        command_line,
        config::Config,
        context::Context,
        defaults::Defaults,
        error::CliError,
        exit::Exit,
        output::{self, Format},
        terminal::Terminal,
    },
    tidepool_client::cluster::Cluster,
    tidepool_embedded::{EmbeddedCluster, EmbeddedClusterBuilder},
    tidepool_interface::external::token::TokenAccount,
};

thread_local! {
    /// What the last command said in passing, a line each.
    static SAID: RefCell<Vec<String>> = const { RefCell::new(vec![]) };

    /// Whether a confirmation was given since [`take_confirmed`].
    static CONFIRMED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a confirmation was given since the last call.
pub fn take_confirmed() -> bool {
    CONFIRMED.take()
}

/// What the last command said in passing, a line each.
pub fn said() -> Vec<String> {
    SAID.with_borrow(Clone::clone)
}

pub const SOL: u64 = 1_000_000_000;

/// What scripts can rely on.
const JSON_REFERENCE: &str = include_str!("../../../docs/json.md");

pub const USAGE: u8 = 2;
pub const REFUSED: u8 = 3;
pub const NOT_NOW: u8 = 5;

/// Lamports for each signature.
pub const SIGNATURE: u64 = 5_000;

/// A cluster, a folder of keypair files, and the wallet that commands are run with.
pub struct Stage {
    pub cluster: EmbeddedCluster,
    pub program_id: Address,
    pub wallet: Keypair,
    folder: PathBuf,
    /// The last answer as text, plain and verbose.
    pub text: RefCell<[String; 2]>,
    /// How the last command ended.
    pub exit: Cell<Exit>,
    /// Whether there is a terminal on which confirmations are denied.
    pub denies: Cell<bool>,
    /// Whether there is a terminal on which confirmations are given.
    pub agrees: Cell<bool>,
    /// What command lines can leave out.
    pub defaults: RefCell<Defaults>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        // The folder is under the system's own for such files: nothing is lost if it stays.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Stage {
    /// A cluster of four validators with the program, and a wallet of 1,000 SOL.
    pub fn new() -> Self {
        Self::of(4)
    }

    /// A cluster of so many validators.
    pub fn of(validators: usize) -> Self {
        Self::on(EmbeddedCluster::builder().validators(validators))
    }

    /// A cluster of four validators whose epochs have this number of slots.
    pub fn with_epochs_of(slots: u64) -> Self {
        Self::on(EmbeddedCluster::builder().validators(4).slots_per_epoch(slots))
    }

    /// A cluster with the program.
    pub fn on(cluster: EmbeddedClusterBuilder) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("tidepool-cli-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for keypair files");
        let program_id = Address::new_unique();
        let cluster = cluster.tidepool(program_id).start().unwrap_or_else(|error| panic!("{error}"));
        let wallet = cluster.funded_keypair(1_000 * SOL);
        let stage = Self {
            cluster,
            program_id,
            wallet,
            folder,
            text: RefCell::default(),
            exit: Cell::new(Exit::Done),
            denies: Cell::new(false),
            agrees: Cell::new(false),
            defaults: RefCell::default(),
        };
        stage.keypair_file("wallet", &stage.wallet);
        stage
    }

    /// Writes a keypair file, and returns its path.
    pub fn keypair_file(&self, name: &str, keypair: &Keypair) -> String {
        let path = self.folder_file(name);
        write_keypair_file(keypair, &path).expect("the folder can be written to");
        path
    }

    /// The path of the keypair file of that name.
    pub fn folder_file(&self, name: &str) -> String {
        self.folder.join(format!("{name}.json")).display().to_string()
    }

    /// Writes a file, and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.join(name);
        fs::write(&path, content).expect("the folder can be written to");
        path.display().to_string()
    }

    /// A path in the folder where there is nothing.
    pub fn missing_file(&self) -> String {
        self.folder.join("missing.json").display().to_string()
    }

    /// Another funded wallet: its address and its keypair file.
    pub fn another_wallet(&self, name: &str, lamports: u64) -> (Address, String) {
        let keypair = self.cluster.funded_keypair(lamports);
        let file = self.keypair_file(name, &keypair);
        (keypair.pubkey(), file)
    }

    /// Runs a command line with the wallet as key, and `--yes`; returns its JSON.
    pub async fn run(&self, line: &str) -> Result<Value, CliError> {
        self.run_as("wallet", &format!("{line} --yes")).await
    }

    /// Runs a command line with the key of that name.
    pub async fn run_as(&self, name: &str, line: &str) -> Result<Value, CliError> {
        self.run_on(&self.cluster, name, line).await
    }

    /// Runs a command line with the key of that name, through another endpoint.
    pub async fn run_on<C: Cluster>(&self, cluster: &C, name: &str, line: &str) -> Result<Value, CliError> {
        let keypair = self.folder_file(name);
        self.run_words(cluster, &["--keypair", &keypair], line).await
    }

    /// Runs a command line without a key, but for those that it names itself.
    pub async fn run_without_key(&self, line: &str) -> Result<Value, CliError> {
        self.run_words(&self.cluster, &[], line).await
    }

    async fn run_words<C: Cluster>(&self, cluster: &C, words: &[&str], line: &str) -> Result<Value, CliError> {
        let words = ["tidepool", "--output", "json"].iter().chain(words).copied();
        let words: Vec<_> = words.chain(line.split_whitespace()).map(Into::into).collect();
        let cli =
            command_line::parse(&words, &self.defaults.borrow()).unwrap_or_else(|error| panic!("{line}: {error}"));
        let config = Config::default();
        let mut context = Context::new(cluster, &cli.global, &config, self.terminal(&cli.global));
        context.poll_every = Duration::from_millis(1);
        context.directory.clone_from(&self.folder);
        let answered = cli.command.execute(&context).await;
        self.exit.set(answered.as_ref().map_or_else(CliError::exit, |answer| answer.exit()));
        let answer = answered?;
        let written = |format, verbose| {
            let mut bytes = vec![];
            output::write(&mut bytes, answer.as_ref(), format, verbose).expect("memory can be written to");
            String::from_utf8(bytes).expect("answers are text")
        };
        *self.text.borrow_mut() = [written(Format::Display, false), written(Format::Display, true)];
        let json = serde_json::from_str(&written(Format::JsonCompact, false)).expect("JSON is JSON");
        assert_documented(&json);
        Ok(json)
    }

    /// Runs a command line for a person, and returns its text.
    pub async fn displayed(&self, line: &str) -> String {
        let keypair = self.folder_file("wallet");
        let words = ["tidepool", "--keypair", &keypair].into_iter().chain(line.split_whitespace()).map(Into::into);
        let cli = command_line::parse(&words.collect::<Vec<_>>(), &self.defaults.borrow())
            .unwrap_or_else(|error| panic!("{line}: {error}"));
        let config = Config::default();
        let context = Context::new(&self.cluster, &cli.global, &config, self.terminal(&cli.global));
        let answer = cli.command.execute(&context).await.unwrap_or_else(|error| panic!("{line}: {error}"));
        let mut bytes = vec![];
        output::write(&mut bytes, answer.as_ref(), Format::Display, false).expect("memory can be written to");
        String::from_utf8(bytes).expect("answers are text")
    }

    /// A terminal that records messages, and answers as [`Self::denies`] and [`Self::agrees`] have it.
    fn terminal(&self, global: &GlobalArgs) -> Terminal {
        SAID.with_borrow_mut(Vec::clear);
        Terminal {
            say: |text| SAID.with_borrow_mut(|said| said.push(text.to_owned())),
            ask: if self.agrees.get() { agree } else { |_| Ok("n".to_owned()) },
            can_ask: self.denies.get() || self.agrees.get(),
            quiet: global.output.is_json() && (self.denies.get() || self.agrees.get()),
            ..Terminal::absent(global.yes, global.output)
        }
    }

    /// Runs a command line that has to succeed.
    pub async fn must(&self, line: &str) -> Value {
        self.run(line).await.unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// Runs a command line that has to fail; returns the exit code and the sentence.
    pub async fn fails(&self, line: &str) -> (u8, String) {
        match self.run(line).await {
            Ok(json) => panic!("{line} should have failed, and answered {json:#}"),
            Err(error) => (error.exit() as u8, error.to_string()),
        }
    }

    /// A pool with 10 SOL in it, of which the wallet is manager and staker: its address. Unless `options` say otherwise, it has no
    /// fees, and no turnover budget.
    pub async fn pool(&self, options: &str) -> String {
        let unless = |given: &str, otherwise: &'static str| if options.contains(given) { "" } else { otherwise };
        let deposit = unless("--initial-deposit", "--initial-deposit 10");
        let fee = unless("--withdrawal-fee", "--withdrawal-fee 0");
        let budget = match unless("--turnover-budget", "--turnover-budget 100%") {
            _ if options.contains("--without-extension") => "",
            budget => budget,
        };
        let line = format!("create-pool --program-id {} {deposit} {fee} {budget} {options}", self.program_id);
        text(&self.must(&line).await["pool"])
    }

    /// A cluster of four validators, and a pool as [`Self::pool`] makes it.
    pub async fn with_pool(options: &str) -> (Self, String) {
        let stage = Self::new();
        let pool = stage.pool(options).await;
        (stage, pool)
    }

    /// Adds the cluster's validators to a pool.
    pub async fn add_validators(&self, pool: &str, indices: Range<usize>) {
        for index in indices {
            self.must(&format!("add-validator {pool} {}", self.vote(index))).await;
        }
    }

    /// Begins an epoch, and updates the pool.
    pub async fn next_epoch(&self, pool: &str) {
        self.cluster.advance_epoch().unwrap();
        self.must(&format!("update {pool}")).await;
    }

    pub fn vote(&self, index: usize) -> Address {
        self.cluster.votes()[index]
    }

    /// Lamports of an account.
    pub fn lamports(&self, address: &Value) -> u64 {
        self.cluster.lamports(&text(address).parse().expect("an address"))
    }

    /// Pool tokens in a token account, in smallest units.
    pub fn tokens(&self, address: &Value) -> u64 {
        let address = text(address).parse().expect("an address");
        let account = self.cluster.account(&address).expect("the token account exists");
        TokenAccount::decode(&account.data).expect("it holds tokens").amount
    }
}

fn agree(_: &str) -> io::Result<String> {
    CONFIRMED.set(true);
    Ok("y".to_owned())
}

/// Checks that a command line fails with this exit code, and that its one sentence has these parts.
pub async fn assert_fails(stage: &Stage, line: &str, exit: u8, parts: &[&str]) {
    let (code, message) = stage.fails(line).await;
    assert_eq!(code, exit, "{line}: {message}");
    for part in parts {
        assert!(message.contains(part), "{line}: {message:?} does not say {part:?}");
    }
    assert!(!message.contains('\n'), "{line}: {message:?} is more than a sentence");
}

/// Checks that a command line is refused before anything is opened, with this part in what it says.
pub fn assert_malformed(line: &str, part: &str) {
    let words = ["tidepool"].into_iter().chain(line.split_whitespace());
    let error = command_line::Cli::try_parse_from(words).expect_err(line).to_string();
    assert!(error.contains(part), "{line}: {error}");
}

/// Checks that the documentation names every field.
fn assert_documented(json: &Value) {
    match json {
        Value::Object(object) => {
            for (name, value) in object {
                // The reference explains string copies of large numbers once, for all fields.
                let name = name.strip_suffix("_string").filter(|base| object.contains_key(*base)).unwrap_or(name);
                assert!(
                    JSON_REFERENCE.contains(&format!("`{name}`")),
                    "docs/json.md does not explain the field {name}"
                );
                assert_documented(value);
            }
        }
        Value::Array(values) => values.iter().for_each(assert_documented),
        _ => {}
    }
}

/// A string of JSON.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no string")).to_owned()
}

/// A number of JSON.
pub fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

/// The names of an object's fields, sorted.
pub fn fields(value: &Value) -> Vec<&str> {
    let object = value.as_object().unwrap_or_else(|| panic!("{value} is no object"));
    object.keys().map(String::as_str).collect()
}

/// Random numbers, the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
