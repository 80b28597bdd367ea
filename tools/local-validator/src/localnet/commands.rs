//! The command line, run against the local network.

use {
    super::{error::LocalnetError, folder::Folder, stop::Stop},
    crate::process::{Process, tie_to_this_thread},
    serde_json::Value,
    std::{
        fs::File,
        path::Path,
        process::{Command, Stdio},
        time::{Duration, Instant},
    },
};

/// Exit code of a command that may succeed later (see `cli/README.md`): an epoch has ended meanwhile, for example.
const NOT_NOW: i32 = 5;

/// Time in which such a command is repeated.
const RETRIES: Duration = Duration::from_secs(60);

/// The command line and its configuration.
#[derive(Clone, Copy)]
pub struct Tidepool<'a> {
    /// The `tidepool` binary.
    pub binary: &'a Path,
    /// The folder with the configuration files.
    pub folder: &'a Folder,
    /// Ends a command early.
    pub stop: &'a Stop,
}

impl Tidepool<'_> {
    /// Runs a command to its end, and returns its JSON.
    ///
    /// # Errors
    /// [`LocalnetError::Command`], [`LocalnetError::Interrupted`].
    pub fn run(&self, arguments: &[String]) -> Result<Value, LocalnetError> {
        let failed = |output: &[u8]| LocalnetError::Command {
            line: arguments.join(" "),
            output: String::from_utf8_lossy(output).trim().to_owned(),
        };
        let began = Instant::now();
        loop {
            let mut command = self.command(arguments);
            command.args(["--yes", "--output", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut process = Process::spawn(&mut command).map_err(system)?;
            self.stop.wait_for(|| process.ended().map_err(system))?;
            let output = process.output().map_err(system)?;
            match output.status.code() {
                Some(0) => return serde_json::from_slice(&output.stdout).map_err(|_| failed(&output.stdout)),
                Some(NOT_NOW) if began.elapsed() < RETRIES => self.stop.sleep()?,
                _ => return Err(failed(&output.stderr)),
            }
        }
    }

    /// Starts a command that goes on; its lines appear here, its errors in `log`.
    ///
    /// # Errors
    /// [`LocalnetError::System`], [`LocalnetError::File`].
    pub fn start(&self, arguments: &[String], log: &Path) -> Result<Process, LocalnetError> {
        let errors = File::create(log).map_err(LocalnetError::file(log))?;
        Process::spawn(self.command(arguments).stderr(errors)).map_err(system)
    }

    fn command(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(self.binary);
        command.arg("--config").arg(self.folder.join("config.yml")).args(arguments);
        // The caller's settings are for other clusters.
        command.env_remove("TIDEPOOL_POOL").env_remove("TIDEPOOL_PROGRAM_ID");
        command.env("TIDEPOOL_CONFIG", self.folder.join("tidepool.yml"));
        tie_to_this_thread(&mut command);
        command
    }
}

fn system(source: std::io::Error) -> LocalnetError {
    LocalnetError::System { what: "run tidepool", source }
}
