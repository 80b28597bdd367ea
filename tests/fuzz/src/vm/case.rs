//! A case: a scenario, and the changes before its instruction runs.

use super::operation::{Cursor, Operation};

/// Operations in a case: more of them leave nothing of the scenario.
const OPERATIONS_MAX: usize = 24;

/// A case. Bytes are read as one whatever they are, so that a fuzzer's changes stay cases; two bytes are a scenario as it is.
#[derive(Debug)]
pub struct Case {
    /// Which scenario, of however many there are.
    pub scenario: u8,
    /// Which kind of pool.
    pub variant: u8,
    /// The operations, in this order.
    pub operations: Vec<Operation>,
}

impl Case {
    /// Reads a case; `None` where there is not even a scenario.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let [scenario, variant, rest @ ..] = bytes else { return None };
        let mut cursor = Cursor::new(rest);
        let operations = std::iter::from_fn(|| Operation::read(&mut cursor)).take(OPERATIONS_MAX).collect();
        Some(Self { scenario: *scenario, variant: *variant, operations })
    }
}
