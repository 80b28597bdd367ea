//! The offsets in docs/integrators.md are those of the layouts.

use {
    std::mem::offset_of,
    tidepool_interface::state::{Announcements, POOL_MAX_LENGTH, PoolExtension, PoolHead},
};

const GUIDE: &str = include_str!("../../docs/integrators.md");

#[test]
fn offsets_are_those_of_the_layouts() {
    let extension = |offset| POOL_MAX_LENGTH + offset;
    for (offset, length, name) in [
        (offset_of!(PoolHead, account_type), 1, "account type"),
        (offset_of!(PoolHead, reserve_stake), 32, "reserve"),
        (offset_of!(PoolHead, pool_mint), 32, "mint"),
        (offset_of!(PoolHead, total_lamports), 8, "total lamports"),
        (offset_of!(PoolHead, pool_token_supply), 8, "pool token supply"),
        (offset_of!(PoolHead, last_update_epoch), 8, "epoch of the last update"),
        (extension(offset_of!(PoolExtension, magic)), 8, "`TIDEPOOL`"),
        (extension(offset_of!(PoolExtension, halted_until_epoch)), 8, "first epoch after a halt"),
        (extension(offset_of!(PoolExtension, announcements)), size_of::<Announcements>(), "announcements"),
    ] {
        let row = format!("\n| {offset} | {length} | {name} |");
        assert!(GUIDE.contains(&row), "{row}");
    }
}
