//! The tools that every build of the workspace needs.

use std::process::{Command, Stdio};

/// A tool, and a command that succeeds if it is installed.
pub struct Tool {
    name: &'static str,
    check: &'static [&'static str],
}

const TOOLS: [Tool; 3] = [
    Tool { name: "a C compiler (`cc`)", check: &["cc", "--version"] },
    Tool { name: "`pkg-config`", check: &["pkg-config", "--version"] },
    Tool { name: "the headers of OpenSSL", check: &["pkg-config", "--exists", "openssl"] },
];

/// Commands that install all of [`TOOLS`], by a command that identifies the system.
const INSTALLERS: [(&[&str], &str); 3] = [
    (&["apt-get", "--version"], "apt-get install gcc libc6-dev libssl-dev pkg-config"),
    (&["dnf", "--version"], "dnf install gcc openssl-devel pkgconf-pkg-config"),
    (&["brew", "--version"], "brew install openssl pkgconf"),
];

/// Whether a command runs and succeeds.
pub fn exists(command: &[&str]) -> bool {
    let Some((program, arguments)) = command.split_first() else { return false };
    let quiet = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

/// The names of the tools that are not installed.
pub fn missing(exists: impl Fn(&[&str]) -> bool) -> Vec<&'static str> {
    TOOLS.iter().filter(|tool| !exists(tool.check)).map(|tool| tool.name).collect()
}

/// The error message for missing tools.
pub fn explain(missing: &[&str], exists: impl Fn(&[&str]) -> bool) -> String {
    let mut lines: Vec<_> = INSTALLERS.iter().filter(|(system, _)| exists(system)).map(|(_, line)| *line).collect();
    if lines.is_empty() {
        lines = INSTALLERS.iter().map(|(_, line)| *line).collect();
    }
    format!("this machine lacks {}: install them with `{}`", missing.join(" and "), lines.join("`, or `"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A system with these programs.
    fn system(programs: &'static [&'static str]) -> impl Fn(&[&str]) -> bool {
        move |command| programs.contains(&command[0])
    }

    #[test]
    fn a_complete_system_lacks_nothing() {
        assert!(missing(system(&["cc", "pkg-config"])).is_empty());
    }

    #[test]
    fn names_what_is_missing_and_how_to_install_it() {
        let minimal = system(&["cc", "apt-get"]);
        assert_eq!(
            explain(&missing(&minimal), &minimal),
            "this machine lacks `pkg-config` and the headers of OpenSSL: \
             install them with `apt-get install gcc libc6-dev libssl-dev pkg-config`"
        );
    }

    #[test]
    fn an_unknown_system_gets_all_install_lines() {
        let unknown = system(&[]);
        let text = explain(&missing(&unknown), &unknown);
        assert!(text.contains("`cc`") && text.contains("apt-get") && text.contains("dnf"), "{text}");
    }

    #[test]
    fn runs_the_checks() {
        assert!(exists(&["cargo", "--version"]));
        assert!(!exists(&["cargo", "no-such-command"]));
        assert!(!exists(&["no-such-program"]));
    }
}
