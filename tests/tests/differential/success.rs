//! Each instruction where it succeeds.

use {
    std::collections::BTreeSet,
    tidepool_interface::address::{TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
    tidepool_tests::{
        extension::PoolKind,
        scenario::{self, EPOCH},
        vm::Vm,
    },
};

/// Tags of SPL that have scenarios: all but `CreateTokenMetadata` (17) and `UpdateTokenMetadata` (18), which need the
/// metadata program and are tested in `errors::metadata`, and the retired `Redelegate` (22).
const TAGS: std::ops::RangeInclusive<u8> = 0..=26;
const WITHOUT_SCENARIO: [u8; 3] = [17, 18, 22];

#[test]
fn each_instruction_succeeds_alike() {
    let mut vm = Vm::beside_reference();
    vm.set_epoch(EPOCH);
    let mut tags = BTreeSet::new();
    let mut failures = vec![];
    for token_program in [TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID] {
        for (name, kind) in scenario::names().flat_map(|name| PoolKind::ALL.map(|kind| (name, kind))) {
            let scenario = scenario::make(name, token_program, kind, &mut vm);
            tags.insert(scenario.instruction.data[0]);
            match vm.compare(&scenario.instruction) {
                Ok(outcome) if outcome.is_ok() => {}
                Ok(outcome) => failures.push(format!("{name}, {kind:?}: both fail: {:?}", outcome.result.raw_result)),
                Err(difference) => failures.push(format!("{name}, {kind:?}: {difference}")),
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let missing: Vec<_> = TAGS.filter(|tag| !tags.contains(tag) && !WITHOUT_SCENARIO.contains(tag)).collect();
    assert!(missing.is_empty(), "no scenario for the tags {missing:?}");
}
