//! How the program ends.

use std::process::ExitCode;

/// The exit codes, for `--help`.
pub const EXIT_CODES: &str = "Exit codes:
  0  done
  1  failed for another reason
  2  invalid command line, configuration or keypair
  3  rejected by the program, or invalid in the pool's current state
  4  cluster unreachable, rate limit, or transient error: the same command may succeed later
  5  stale pool, epoch rewards are being distributed, or a proposal has to wait: update it, or wait, then retry
  6  unknown outcome: a sent transaction may still land; check its signature before you repeat the command
  7  not confirmed; nothing was sent, except for an update of the pool if one was needed
  8  interrupted; nothing was sent but such an update, or the outcome of all transactions is known";

/// How the program ends. The numbers are part of its interface; [`EXIT_CODES`] says what they mean.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    /// The command line, the configuration or a key is wrong.
    Usage = 2,
    Refused = 3,
    Unreachable = 4,
    NotNow = 5,
    Unknown = 6,
    NotConfirmed = 7,
    Interrupted = 8,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The name that errors have in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::NotNow => "not_now",
            Self::Unknown => "unknown_outcome",
            Self::NotConfirmed => "not_confirmed",
            Self::Interrupted => "interrupted",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_is_documented() {
        use Exit::{Done, Failed, Interrupted, NotConfirmed, NotNow, Refused, Unknown, Unreachable, Usage};
        let all = [Done, Failed, Usage, Refused, Unreachable, NotNow, Unknown, NotConfirmed, Interrupted];
        let documented = EXIT_CODES.lines().skip(1).map(|line| line.trim_start().split_once(' ').unwrap().0);
        assert!(documented.eq(all.map(|exit| (exit as u8).to_string())));
    }
}
