//! The program costs what the committed table says: no more, and no less without its being accepted.

use {
    std::fs,
    tidepool_tests::{
        bench::{Bench, COMMITTED_SIZES, committed_table, differences},
        gates::Gates,
    },
};

#[test]
fn figures_are_those_of_the_committed_table() {
    let committed = fs::read_to_string(committed_table()).expect("the committed table");
    let tables = Gates::BOTH.map(|gates| Bench::of_tidepool(gates).run_all(None, &COMMITTED_SIZES));
    let differences = differences(&tables, &committed);
    assert!(
        differences.is_empty(),
        "compute units have changed; if that is meant, accept it with `cargo xtask bench --accept`:\n{}",
        differences.join("\n")
    );
}
