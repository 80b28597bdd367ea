//! Plans which tables to create, extend and replace.

use {
    super::{
        LookupError, LookupTable, MAX_ADDRESSES,
        place::{TableDraft, place},
        units,
    },
    crate::{
        pack::{COMPUTE_BUDGET_BYTES, MAX_TRANSACTION_BYTES, transaction_bytes},
        transaction::{InstructionGroup, Plan},
    },
    solana_address::Address,
    solana_address_lookup_table_interface::{
        instruction::{create_lookup_table, deactivate_lookup_table, derive_lookup_table_address, extend_lookup_table},
        state::LOOKUP_TABLE_META_SIZE,
    },
    solana_clock::Slot,
    solana_instruction::Instruction,
    solana_rent::Rent,
    std::collections::{HashMap, HashSet},
};

/// Owner of lookup tables.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TableOwner {
    /// The pool: the first address of each table.
    pub pool: Address,
    /// Authority that extends, deactivates and closes the tables; it signs.
    pub authority: Address,
    /// Payer of the rent. Transactions are filled for this fee payer.
    pub payer: Address,
}

/// Changes after which every wanted address is in a table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LookupPlan {
    /// Tables that are created or extended.
    pub changes: Vec<TableChange>,
    /// Tables with few useful addresses, which are deactivated. [`close`](super::close) recovers their rent later.
    pub replaced: Vec<Address>,
    /// Instructions: create, then extend, then deactivate.
    pub plan: Plan,
}

/// A table that is created or extended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TableChange {
    /// The table.
    pub address: Address,
    /// Present number of addresses; 0 for a new table.
    pub present: usize,
    /// Present lamports.
    pub lamports: u64,
    /// Addresses to add; in a new table the pool's comes first. The order within a table may change.
    pub added: Vec<Address>,
}

impl TableChange {
    /// Whether it is created.
    pub const fn is_new(&self) -> bool {
        self.present == 0
    }

    /// Additional rent in lamports.
    pub fn rent(&self, rent: &Rent) -> u64 {
        const ADDRESS_BYTES: usize = size_of::<Address>();
        let bytes = LOOKUP_TABLE_META_SIZE + ADDRESS_BYTES * (self.present + self.added.len());
        rent.minimum_balance(bytes).saturating_sub(self.lamports)
    }
}

impl LookupPlan {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.plan.is_empty()
    }

    /// Rent that the payer pays, in lamports, without fees.
    pub fn rent(&self, rent: &Rent) -> u64 {
        self.changes.iter().map(|change| change.rent(rent)).sum()
    }
}

/// Plans tables that hold every address of `wanted` and the pool's.
///
/// `wanted` is in the order of use: addresses of one transaction belong together, and then need few tables. Duplicates
/// are ignored. Omit signers and programs, which cannot be looked up.
///
/// Treatment of the `existing` tables:
/// - Tables that begin with the pool and belong to the authority are extended, or replaced if less than half of their
///   other addresses are still wanted.
/// - Tables of other authorities are used as they are.
/// - Deactivated tables are ignored.
///
/// `slots` are the recent slots from which new tables get their addresses ([`free_slots`](super::free_slots)); slots of
/// existing tables are skipped.
///
/// The plan has up to three stages. The first creates tables, each with its first addresses in the same transaction, so
/// that every table begins with its pool. The second adds the other addresses, in any order. The third deactivates
/// replaced tables.
///
/// # Errors
/// [`LookupError::TooFewSlots`] if more new tables are needed than there are `slots`.
pub fn plan(
    existing: &[LookupTable],
    wanted: &[Address],
    table_owner: &TableOwner,
    slots: &[Slot],
) -> Result<LookupPlan, LookupError> {
    let mut seen = HashSet::new();
    let others: Vec<_> =
        wanted.iter().filter(|address| **address != table_owner.pool && seen.insert(**address)).copied().collect();
    let (kept, replaced, fixed) = classify(existing, &seen, table_owner);

    let mut drafts: Vec<_> =
        kept.iter().map(|table| TableDraft { present: table.addresses.len(), added: vec![] }).collect();
    let assigned = kept
        .iter()
        .enumerate()
        .flat_map(|(draft, table)| table.addresses.iter().map(move |address| (*address, draft)))
        .collect::<HashMap<_, _>>();
    place(&others, &fixed, assigned, &mut drafts);
    if drafts.is_empty() && wanted.contains(&table_owner.pool) && !fixed.contains(&table_owner.pool) {
        drafts.push(TableDraft::default());
    }
    let mut taken: HashSet<_> = existing.iter().map(|table| table.address).collect();
    let free =
        slots.iter().copied().filter(|slot| taken.insert(derive_lookup_table_address(&table_owner.authority, *slot).0));
    let slots: Vec<_> = free.take(drafts.len() - kept.len()).collect();
    Builder { table_owner, changes: vec![], creates: vec![], extends: vec![] }.build(&kept, &replaced, &drafts, &slots)
}

/// Tables to extend, tables to replace, and the addresses of unchanged tables.
fn classify<'a>(
    existing: &'a [LookupTable],
    wanted: &HashSet<Address>,
    table_owner: &TableOwner,
) -> (Vec<&'a LookupTable>, Vec<&'a LookupTable>, HashSet<Address>) {
    let is_ours = |table: &LookupTable| {
        table.authority == Some(table_owner.authority) && table.addresses.first() == Some(&table_owner.pool)
    };
    let is_of_use = |table: &LookupTable| {
        let others = table.addresses.len().saturating_sub(1);
        let of_use = table.addresses.iter().filter(|address| wanted.contains(*address)).count();
        2 * of_use >= others
    };
    // A table that was found and also named appears twice.
    let mut known = HashSet::new();
    let (ours, foreign): (Vec<_>, Vec<_>) = existing
        .iter()
        .filter(|table| table.is_active() && known.insert(table.address))
        .partition(|table| is_ours(table));
    let (kept, replaced) = ours.into_iter().partition(|table| is_of_use(table));
    (kept, replaced, foreign.into_iter().flat_map(|table| table.addresses.iter().copied()).collect())
}

struct Builder<'a> {
    table_owner: &'a TableOwner,
    changes: Vec<TableChange>,
    creates: Vec<InstructionGroup>,
    extends: Vec<InstructionGroup>,
}

impl Builder<'_> {
    fn build(
        mut self,
        kept: &[&LookupTable],
        replaced: &[&LookupTable],
        drafts: &[TableDraft],
        slots: &[Slot],
    ) -> Result<LookupPlan, LookupError> {
        let needed = drafts.len() - kept.len();
        if slots.len() < needed {
            return Err(LookupError::TooFewSlots { needed, given: slots.len() });
        }
        let (of_kept, of_new) = drafts.split_at(kept.len());
        for (table, draft) in kept.iter().zip(of_kept) {
            self.extend(table, &draft.added);
        }
        for (draft, slot) in of_new.iter().zip(slots) {
            self.create(*slot, &draft.added);
        }
        let mut plan = Plan::default();
        plan.push("create lookup tables", self.creates);
        plan.push("extend lookup tables", self.extends);
        let deactivate = |table: &&LookupTable| deactivate(&table.address, &self.table_owner.authority);
        plan.push("deactivate inefficient lookup tables", replaced.iter().map(deactivate).collect());
        Ok(LookupPlan { changes: self.changes, replaced: replaced.iter().map(|table| table.address).collect(), plan })
    }

    fn create(&mut self, slot: Slot, added: &[Address]) {
        let TableOwner { pool, authority, payer } = *self.table_owner;
        let (create, table) = create_lookup_table(authority, payer, slot);
        let added: Vec<_> = [pool].into_iter().chain(added.iter().copied()).collect();
        let with = |addresses: &[Address]| vec![create.clone(), self.extension(&table, addresses)];
        let (first, rest) = added.split_at(max_in_transaction(&payer, with).min(added.len()));
        self.creates.push(InstructionGroup::new(
            format!("create lookup table {table} with {} addresses", first.len()),
            with(first),
            units::CREATE.saturating_add(units::extend(first.len())),
        ));
        self.push_extensions(&table, rest);
        self.changes.push(TableChange { address: table, present: 0, lamports: 0, added });
    }

    fn extend(&mut self, table: &LookupTable, added: &[Address]) {
        if added.is_empty() {
            return;
        }
        self.push_extensions(&table.address, added);
        self.changes.push(TableChange {
            address: table.address,
            present: table.addresses.len(),
            lamports: table.lamports,
            added: added.to_vec(),
        });
    }

    fn push_extensions(&mut self, table: &Address, added: &[Address]) {
        let most = max_in_transaction(&self.table_owner.payer, |addresses| vec![self.extension(table, addresses)]);
        for part in added.chunks(most) {
            self.extends.push(InstructionGroup::one(
                format!("add {} addresses to lookup table {table}", part.len()),
                self.extension(table, part),
                units::extend(part.len()),
            ));
        }
    }

    fn extension(&self, table: &Address, addresses: &[Address]) -> Instruction {
        extend_lookup_table(*table, self.table_owner.authority, Some(self.table_owner.payer), addresses.to_vec())
    }
}

/// The most addresses, at least one, with which the instructions still fit a transaction.
fn max_in_transaction(payer: &Address, instructions: impl Fn(&[Address]) -> Vec<Instruction>) -> usize {
    let fits = |count: &usize| {
        let bytes = transaction_bytes(payer, &instructions(&vec![Address::default(); *count]));
        bytes + COMPUTE_BUDGET_BYTES <= MAX_TRANSACTION_BYTES
    };
    (2..=MAX_ADDRESSES).take_while(fits).last().unwrap_or(1)
}

pub(super) fn deactivate(table: &Address, authority: &Address) -> InstructionGroup {
    let instruction = deactivate_lookup_table(*table, *authority);
    InstructionGroup::one(format!("deactivate lookup table {table}"), instruction, units::CLOSE)
}
