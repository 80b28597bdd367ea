//! `cargo xtask ci`

use crate::{deny, e2e, examples, fuzz, js, lints, npm, test, tidy, typos, web, words};
use sbpf_build::{Workspace, cargo, process};

/// Minutes of fuzzing: enough to see that all of it works, and for the mistakes that fuzzers find at once.
const FUZZING: u64 = 1;

/// Check formatting, words, spelling, lints and dependencies, then run all tests, the examples, TypeScript, the fuzzers and the tests
/// on a real validator and in a browser: what has to pass before a change lands
#[derive(clap::Args)]
pub struct Args {}

impl Args {
    /// Runs the checks, quickest first, and closes with the sum of all tests.
    pub fn run(self) -> anyhow::Result<()> {
        let workspace = Workspace::here()?;
        e2e::check(&workspace)?;
        npm::check()?;
        web::check()?;
        let step = |arguments: &[&str]| process::run(cargo().current_dir(&workspace.root).args(arguments));
        step(&["fmt", "--all", "--check"])?;
        for manifest in examples::manifests(&workspace).into_iter().chain([workspace.root.join(fuzz::MANIFEST)]) {
            process::run(cargo().args(["fmt", "--check", "--manifest-path"]).arg(&manifest))?;
            // A lock file that does not follow the crates of the workspace would fail half an hour later.
            process::run(cargo().args(["fetch", "--locked", "--manifest-path"]).arg(&manifest))?;
        }
        words::check(&workspace.root, false)?;
        tidy::check(&workspace.root)?;
        let spelling = typos::Args::default().test()?;
        let dependencies = deny::Args::default().test()?;
        lints::check(&workspace)?;
        let tests = test::Args::linted().test()?;
        let examples = examples::Args::default().test()?;
        let typescript = js::Args::default().test()? + web::Args::default().test()?;
        let fuzzed = fuzz::Args::short(FUZZING).test()?;
        // Also where others have failed: who looks at the result wants to know all of it.
        let on_a_validator =
            e2e::Args::linted().test()? + js::Args::test_on_validator()? + web::Args::test_on_validator()?;
        (spelling + dependencies + tests + examples + typescript + fuzzed + on_a_validator).close()
    }
}
