//! `cargo xtask localnet`, from the program that it starts once everything is built.

use {
    crate::{
        harness::{cluster::free_ports, path_from, terminal::answer_yes, wait_for},
        world::{Test, World},
    },
    local_validator::{
        localnet::{PASTE, TRY},
        ports,
        process::Process,
    },
    rustix::process::{Pid, Signal, kill_process},
    std::{
        fs::{self, File},
        path::PathBuf,
        process::Command,
        time::{Duration, Instant},
    },
    tempfile::TempDir,
};

pub const TESTS: &[Test] = &[
    ("localnet::printed_lines_work_until_ctrl_c", printed_lines),
    ("localnet::kept_ledger_is_resumed", kept_ledger),
    ("localnet::sigterm_ends_an_unfinished_start", unfinished_start),
    #[cfg(target_os = "linux")]
    ("localnet::sigkill_leaves_no_child", killed),
];

/// Time from a signal to the end of all processes.
const END: Duration = Duration::from_secs(10);

/// A local network in a folder of its own.
struct Localnet {
    process: Process,
    port: u16,
    folder: PathBuf,
    screen: PathBuf,
}

impl Localnet {
    fn start(home: &TempDir, options: &str) -> Self {
        let port = free_ports();
        let (folder, screen) = (home.path().join("it's here"), home.path().join(format!("screen-{port}")));
        let output = File::create(&screen).expect("the folder can be written to");
        let mut command = Command::new(path_from("E2E_LOCALNET"));
        command.args(["--rpc-port", &port.to_string()]).args(options.split_whitespace());
        command.arg("--folder").arg(&folder).arg("--validator").arg(path_from("E2E_VALIDATOR"));
        command.arg("--tidepool").arg(path_from("E2E_TIDEPOOL")).arg("--program").arg(path_from("E2E_PROGRAM"));
        command.stderr(output.try_clone().expect("the file can be opened twice")).stdout(output);
        let process = Process::spawn(&mut command).expect("it starts");
        Self { process, port, folder, screen }
    }

    fn screen(&self) -> String {
        fs::read_to_string(&self.screen).expect("output is text")
    }

    /// Waits until the screen shows a text.
    fn wait_for(&mut self, text: &str) {
        wait_for(text, || {
            let screen = self.screen();
            if let Ok(Some(status)) = self.process.ended() {
                panic!("ended ({status}) before {text:?}: {screen}");
            }
            screen.contains(text).then_some(())
        });
    }

    fn children(&self) -> Vec<u32> {
        processes().into_iter().filter(|(_, parent)| *parent == self.process.id()).map(|(id, _)| id).collect()
    }

    /// Sends a signal, and checks that all processes end, that the ports are free, and the exit code.
    fn end(mut self, signal: Signal, children: usize, code: Option<i32>) {
        let ids = self.children();
        assert_eq!(ids.len(), children, "{}", self.screen());
        let began = Instant::now();
        let id = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(id, signal).expect("the process can be signalled");
        let status = wait_for("the end", || self.process.ended().expect("its state is known"));
        assert_eq!(status.code(), code, "{}", self.screen());
        wait_for("the end of the children", || processes().iter().all(|(id, _)| !ids.contains(id)).then_some(()));
        wait_for("free ports", || ports::first_taken(self.port).is_none().then_some(()));
        assert!(began.elapsed() < END, "{} s", began.elapsed().as_secs());
    }
}

/// Ids and parents of the running processes, without zombies.
fn processes() -> Vec<(u32, u32)> {
    let output = Command::new("ps").args(["-A", "-o", "pid=", "-o", "ppid=", "-o", "stat="]).output().expect("ps runs");
    let row = |line: &str| {
        let mut words = line.split_whitespace();
        let (id, parent) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        words.next().filter(|state| !state.starts_with('Z')).map(|_| (id, parent))
    };
    String::from_utf8_lossy(&output.stdout).lines().filter_map(row).collect()
}

/// The lines that the screen shows after a title.
fn lines(screen: &str, title: &str) -> Vec<String> {
    let (_, lines) = screen.split_once(title).expect("the screen has lines to type");
    lines.lines().skip(2).map_while(|line| line.strip_prefix("  ")).map(str::to_owned).collect()
}

/// Types lines into a shell of a user who has no configuration.
fn paste(home: &TempDir, lines: &[String]) -> String {
    let mut command = Command::new("sh");
    command.arg("-c").arg(lines.join("\n")).env("HOME", home.path()).current_dir(home.path());
    command.env_remove("TIDEPOOL_POOL").env_remove("TIDEPOOL_PROGRAM_ID").env_remove("TIDEPOOL_CONFIG");
    answer_yes(lines.last().map_or("", String::as_str), command)
}

fn home() -> TempDir {
    tempfile::Builder::new().prefix("tidepool-e2e-localnet-").tempdir().expect("a folder")
}

fn printed_lines(_: &World) {
    let home = home();
    let mut localnet = Localnet::start(&home, "--validators 3");
    localnet.wait_for("epoch 0 ");
    let screen = localnet.screen();
    let secret = fs::read_to_string(localnet.folder.join("wallet.json")).expect("the wallet's keypair");
    assert!(!screen.contains(secret.trim()), "the screen shows a secret key");
    let (exports, commands) = (lines(&screen, PASTE), lines(&screen, TRY));
    assert_eq!((exports.len(), commands.len()), (2, 6), "{screen}");
    // The crank moves stake meanwhile.
    localnet.wait_for("SOL with 3 validators");
    let shown = ["3 of at most 100", "Deposited 100 SOL", "3 validators of", "Withdrew", "pool tokens, value"];
    for (command, expected) in commands.into_iter().zip(shown) {
        let screen = paste(&home, &[exports.clone(), vec![command]].concat());
        assert!(screen.contains(expected), "{expected:?} is missing in {screen}");
    }
    localnet.end(Signal::INT, 2, Some(0));
}

fn kept_ledger(_: &World) {
    let home = home();
    let pool = |localnet: &mut Localnet| {
        localnet.wait_for("  tidepool serve");
        let configuration = fs::read_to_string(localnet.folder.join("tidepool.yml")).expect("the configuration");
        let (_, pool) = configuration.split_once("pool: ").expect("a default pool");
        pool.trim().to_owned()
    };
    let mut first = Localnet::start(&home, "--keep --validators 2 --no-crank");
    let made = pool(&mut first);
    let (exports, commands) = (lines(&first.screen(), PASTE), lines(&first.screen(), TRY));
    assert!(commands.last().is_some_and(|line| line.contains(" crank --watch")), "{commands:?}");
    paste(&home, &[exports.clone(), vec![commands[1].clone()]].concat());
    first.end(Signal::INT, 1, Some(0));

    let mut again = Localnet::start(&home, "--keep --no-crank");
    assert_eq!(pool(&mut again), made);
    let shown = paste(&home, &[exports, vec![commands[0].clone()]].concat());
    assert!(shown.contains("total stake  1100 SOL"), "{shown}");
    again.end(Signal::TERM, 1, Some(0));
    let mut other = Localnet::start(&home, "--keep --validators 5");
    let status = wait_for("the end", || other.process.ended().expect("its state is known"));
    assert_eq!(status.code(), Some(1));
    assert!(other.screen().contains("has --validators 2, not 5"), "{}", other.screen());
}

fn unfinished_start(_: &World) {
    let home = home();
    let mut localnet = Localnet::start(&home, "");
    localnet.wait_for("Starting the validator");
    wait_for("the validator", || (localnet.children().len() == 1).then_some(()));
    localnet.end(Signal::TERM, 1, Some(0));
}

#[cfg(target_os = "linux")]
fn killed(_: &World) {
    let home = home();
    let mut localnet = Localnet::start(&home, "--validators 1");
    localnet.wait_for("epoch 0 ");
    localnet.end(Signal::KILL, 2, None);
}
