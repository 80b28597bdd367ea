//! A terminal with a user who types commands and confirms every prompt.

use {
    super::{path_from, user::User, wait_for},
    rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    std::{
        fs::File,
        io::{Read as _, Write as _},
        os::unix::ffi::OsStrExt as _,
        path::Path,
        process::Command,
        sync::{Arc, Mutex, PoisonError},
        thread,
    },
};

/// What a command asks at the end of its quote.
const QUESTION: &str = "Continue? [y/N] ";

/// Types `tidepool LINE`, answers its questions with yes, and returns what the screen shows then. The command has to succeed.
pub fn type_in(user: &User, line: &str) -> String {
    let mut command = Command::new(path_from("E2E_TIDEPOOL"));
    command.args(line.split_whitespace()).env("HOME", user.path("")).current_dir(user.path(""));
    answer_yes(&format!("tidepool {line}"), command)
}

/// Runs a command in a terminal, answers its questions with yes, and returns the screen. The command has to succeed.
pub fn answer_yes(title: &str, mut command: Command) -> String {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&terminal).expect("the terminal is ours");
    unlockpt(&terminal).expect("the terminal is ours");
    let name = ptsname(&terminal, vec![]).expect("the terminal has a name");
    let mut terminal = File::from(terminal);
    let path = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
    let side = || File::options().read(true).write(true).open(path).expect("the terminal opens");
    command.stdin(side()).stdout(side()).stderr(side());
    let mut process = command.spawn().expect("the command starts");
    // The terminal's end is seen once this process holds no side of it.
    drop(command);
    let screen = Arc::new(Mutex::new(vec![]));
    let (mut reader, written) = (terminal.try_clone().expect("the terminal can be read"), Arc::clone(&screen));
    let reading = thread::spawn(move || {
        let mut bytes = [0; 1_024];
        // It ends with an error when the command has closed its side.
        while let Ok(length @ 1..) = reader.read(&mut bytes) {
            written.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&bytes[..length]);
        }
    });
    let shown = || String::from_utf8_lossy(&screen.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    let mut answered = 0;
    let status = wait_for(title, || {
        if shown().matches(QUESTION).count() > answered {
            answered += 1;
            terminal.write_all(b"y\n").expect("the terminal takes an answer");
        }
        process.try_wait().expect("its state is known")
    });
    reading.join().expect("the terminal is read to its end");
    assert!(status.success(), "{title} ({status}): {}", shown());
    shown()
}
