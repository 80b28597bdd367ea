//! A pool's lookup tables as they are.

use {
    crate::{
        output::{Landed, Report, Text, write_fields, write_signatures},
        units::sol,
    },
    serde::Serialize,
    solana_address::Address,
    solana_slot_hashes::SlotHashes,
    std::{collections::HashSet, fmt},
    tidepool_client::{
        cluster::SlotTime,
        lookup::{LookupTable, TableOwner, TableState},
    },
};

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    /// Whose tables they are: the fee payer.
    authority: Text<Address>,
    /// `list`, `make` or `close`.
    action: &'static str,
    tables: Vec<Table>,
    /// Addresses that updates and rebalances name.
    wanted_addresses: usize,
    /// How many of them are in active tables.
    covered_addresses: usize,
    pub rent_lamports: u64,
    pub refund_lamports: u64,
    /// Lamports that come back when all tables are closed.
    refundable_lamports: u64,
    pub transactions: Vec<Landed>,
}

#[derive(Debug, Serialize)]
struct Table {
    address: Text<Address>,
    /// `active`, `cooling_down` or `closable`.
    state: &'static str,
    addresses: usize,
    lamports: u64,
    /// While it is cooling down.
    blocks_until_closable: Option<u64>,
    /// An estimate, by the slot time; `null` if it is not measured.
    seconds_until_closable: Option<u64>,
}

impl Output {
    pub fn new(
        action: &'static str,
        keeper: &TableOwner,
        tables: &[LookupTable],
        wanted: &[Address],
        slot_hashes: &SlotHashes,
        slot_time: Option<SlotTime>,
    ) -> Self {
        let active = tables.iter().filter(|table| table.is_active());
        let held: HashSet<&Address> = active.flat_map(|table| &table.addresses).collect();
        let wanted: HashSet<&Address> = wanted.iter().collect();
        Self {
            pool: Text(keeper.pool),
            authority: Text(keeper.authority),
            action,
            wanted_addresses: wanted.len(),
            covered_addresses: wanted.intersection(&held).count(),
            rent_lamports: 0,
            refund_lamports: 0,
            refundable_lamports: tables.iter().map(|table| table.lamports).fold(0, u64::saturating_add),
            tables: tables.iter().map(|table| Table::new(table, slot_hashes, slot_time)).collect(),
            transactions: vec![],
        }
    }

    fn heading(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pool = &self.pool;
        match (self.action, self.transactions.is_empty(), self.tables.is_empty()) {
            ("make", true, _) => writeln!(f, "The lookup tables of pool {pool} are up to date: nothing was sent"),
            ("make", false, _) => writeln!(f, "Created lookup tables for pool {pool}"),
            ("close", false, true) => writeln!(f, "Closed all lookup tables of pool {pool}"),
            ("close", false, false) => writeln!(f, "Closing the lookup tables of pool {pool}"),
            (_, _, true) => {
                writeln!(f, "{} has no lookup tables for pool {pool}: create them with --make", self.authority)
            }
            _ => writeln!(f, "Lookup tables of pool {pool}"),
        }
    }
}

impl Table {
    fn new(table: &LookupTable, slot_hashes: &SlotHashes, slot_time: Option<SlotTime>) -> Self {
        let (state, blocks_until_closable) = match table.state(slot_hashes) {
            TableState::Active => ("active", None),
            TableState::CoolingDown { blocks } => ("cooling_down", Some(blocks)),
            TableState::Closable => ("closable", None),
        };
        Self {
            address: Text(table.address),
            state,
            addresses: table.addresses.len(),
            lamports: table.lamports,
            blocks_until_closable,
            seconds_until_closable: blocks_until_closable.and_then(|blocks| seconds(blocks, slot_time)),
        }
    }
}

/// Seconds that this number of blocks takes, with a block in each slot.
pub fn seconds(blocks: u64, slot_time: Option<SlotTime>) -> Option<u64> {
    slot_time.map(|slot_time| slot_time.of(blocks).as_secs())
}

/// A number of blocks, and the time that they take.
pub fn wait(blocks: u64, seconds: Option<u64>) -> String {
    match seconds.map(|seconds| seconds.div_ceil(60)) {
        None => format!("{blocks} blocks"),
        Some(0 | 1) => format!("{blocks} blocks, about a minute"),
        Some(minutes) => format!("{blocks} blocks, about {minutes} minutes"),
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        self.heading(f)?;
        for table in &self.tables {
            let state = match table.blocks_until_closable {
                Some(blocks) => format!("can be closed in {}", wait(blocks, table.seconds_until_closable)),
                None if table.state == "closable" => "can be closed: --close".into(),
                None => "active".into(),
            };
            let address = table.address.to_string();
            writeln!(f, "  {address:44}  {:>3} addresses  {}  {state}", table.addresses, sol(table.lamports))?;
        }
        let mut fields = vec![];
        if self.action != "close" && !self.tables.is_empty() {
            fields.push(("hold", format!("{} of {} addresses", self.covered_addresses, self.wanted_addresses)));
        }
        if self.rent_lamports > 0 {
            fields.push(("rent paid", sol(self.rent_lamports)));
        }
        if self.refund_lamports > 0 {
            fields.push(("refunded", sol(self.refund_lamports)));
        }
        if !self.tables.is_empty() {
            fields.push(("refundable rent", sol(self.refundable_lamports)));
        }
        write_fields(f, &fields)?;
        write_signatures(f, &self.transactions)
    }
}
