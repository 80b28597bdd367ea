//! The committed table of feature gates is complete, and its tests exist.

use {
    agave_feature_set::FEATURE_NAMES,
    std::{collections::BTreeSet, path::Path},
    tidepool_client::gates,
    tidepool_tests::gates::Gates,
};

/// In the table's column of tests: the suites that `cargo xtask test` runs under both sets of gates.
const BOTH_SETS: &str = "both_sets";

#[test]
fn every_gate_of_the_pinned_agave_is_in_the_table() {
    let known: BTreeSet<_> = gates::known().iter().map(|gate| gate.address).collect();
    assert_eq!(known.len(), gates::known().len(), "a gate is in client-lib/feature_gates.tsv twice");
    let missing: Vec<_> = FEATURE_NAMES.iter().filter(|(address, _)| !known.contains(*address)).collect();
    assert!(missing.is_empty(), "add to client-lib/feature_gates.tsv: {missing:#?}");
    let removed: Vec<_> = gates::known().iter().filter(|gate| !FEATURE_NAMES.contains_key(&gate.address)).collect();
    assert!(removed.is_empty(), "agave-feature-set has no such gates: {removed:#?}");
}

#[test]
fn the_sets_differ_in_the_gates_that_are_pending_on_mainnet() {
    let [mainnet, all] = Gates::BOTH.map(Gates::feature_set);
    for gate in gates::known() {
        assert!(all.is_active(&gate.address), "{gate}");
        assert_eq!(mainnet.is_active(&gate.address), gate.mainnet_epoch.is_some(), "{gate}");
    }
    let [mainnet, all] = Gates::BOTH.map(Gates::of_vm);
    assert!(all.disable_sbpf_v0_v1_v2_deployment && !mainnet.disable_sbpf_v0_v1_v2_deployment);
}

#[test]
fn the_tests_that_the_table_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for gate in gates::known() {
        let named = gate.tests.into_iter().flat_map(|tests| tests.split(','));
        for test in named.filter(|test| *test != BOTH_SETS) {
            let (package, path) = test.split_once('/').unwrap_or(("tests", test));
            let path = root.join(package).join("tests").join(path.replace("::", "/"));
            assert!(path.is_dir() || path.with_extension("rs").is_file(), "{gate}: {test}: no {}", path.display());
        }
    }
}
