//! Instructions of stake pool programs.

use {
    super::accounts::Accounts,
    tidepool_interface::instruction::{ExtensionInstruction, StakePoolInstruction},
};

/// What an instruction does; nothing where it is none of a stake pool's.
pub fn instruction(data: &[u8], accounts: &Accounts) -> Option<String> {
    let known = StakePoolInstruction::decode(data)
        .map(|known| format!("{known:?}"))
        .or_else(|_| ExtensionInstruction::decode(data).map(|known| format!("{known:?}")));
    known.ok().map(|known| format!("{known} on {}", accounts.all()))
}
