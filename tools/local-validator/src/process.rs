//! Child processes that do not outlive this one.

use {
    rustix::process::{Pid, Signal, kill_process},
    std::{
        io,
        os::unix::process::CommandExt as _,
        process::{Child, Command, ExitStatus, Output, Stdio},
        thread,
        time::{Duration, Instant},
    },
};

const PAUSE: Duration = Duration::from_millis(20);

/// A running child process. Dropping it kills the process.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts a command without standard input.
    ///
    /// # Errors
    /// Those of [`Command::spawn`].
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).spawn().map(Self)
    }

    /// The exit status, once the process has ended.
    ///
    /// # Errors
    /// Those of [`Child::try_wait`].
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.0.try_wait()
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Asks the process to end by SIGINT, and kills it after `grace`.
    pub fn stop(mut self, grace: Duration) {
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        let began = Instant::now();
        if pid.is_some_and(|pid| kill_process(pid, Signal::INT).is_ok()) {
            while matches!(self.ended(), Ok(None)) && began.elapsed() < grace {
                thread::sleep(PAUSE);
            }
        }
    }

    /// Exit status and output of a process that has ended, and whose output is piped and short.
    ///
    /// # Errors
    /// Those of reading from the pipes.
    pub fn output(mut self) -> io::Result<Output> {
        let mut output = Output { status: self.0.wait()?, stdout: vec![], stderr: vec![] };
        if let Some(mut pipe) = self.0.stdout.take() {
            io::copy(&mut pipe, &mut output.stdout)?;
        }
        if let Some(mut pipe) = self.0.stderr.take() {
            io::copy(&mut pipe, &mut output.stderr)?;
        }
        Ok(output)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only for a process that has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Gives the command's process a group of its own, so that Ctrl-C reaches this process alone, which then stops its children in
/// order. On Linux the kernel kills the process when the calling thread ends, also where SIGKILL ends it.
pub fn tie_to_this_thread(command: &mut Command) {
    command.process_group(0);
    #[cfg(target_os = "linux")]
    {
        let parent = rustix::process::getpid();
        let tie = move || {
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            // The parent may have ended before the line above.
            if rustix::process::getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
        };
        // SAFETY: between fork and exec the closure makes two system calls, both safe after a fork; it does not allocate.
        unsafe { command.pre_exec(tie) };
    }
}
