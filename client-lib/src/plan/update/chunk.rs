//! Ranges of the list, each of which one instruction updates.

use {
    super::{UpdateOptions, merging::Merging},
    crate::{
        actions, compute, logs,
        pack::{MAX_COMPUTE_UNITS, MAX_LOG_BYTES, Sizing},
        plan::InstructionGroup,
        pool::{PoolSnapshot, Validator},
    },
    solana_instruction::Instruction,
    tidepool_interface::external::stake::StakeState,
};

/// Which instruction updates records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// `UpdateValidatorListBalance`.
    Contract,
    /// `UpdateValidators`.
    Compact,
}

impl Form {
    const fn base_units(self) -> u32 {
        match self {
            Self::Contract => compute::UPDATE_LIST_BASE,
            Self::Compact => compute::COMPACT_BASE,
        }
    }

    fn units(self, snapshot: &PoolSnapshot, validator: &Validator) -> u32 {
        match (self, is_quiet(validator)) {
            (Self::Contract, true) => compute::UPDATE_QUIET_VALIDATOR,
            (Self::Contract, false) => compute::UPDATE_MOVING_VALIDATOR,
            (Self::Compact, false) => compute::COMPACT_MOVING,
            (Self::Compact, true) => {
                let is_known = validator.record.extension.validator_bump().is_some();
                let address = if is_known { compute::COMPACT_QUIET } else { compute::COMPACT_QUIET_SEARCHED };
                address + if may_be_swept(snapshot, validator) { compute::COMPACT_SWEEP } else { 0 }
            }
        }
    }

    fn instruction(
        self,
        snapshot: &PoolSnapshot,
        start: usize,
        no_merge: bool,
        validators: &[Validator],
    ) -> Instruction {
        match self {
            Self::Contract => actions::update_list_instruction(snapshot, start, no_merge, validators),
            Self::Compact => actions::update_validators_instruction(snapshot, start, validators),
        }
    }
}

fn is_quiet(validator: &Validator) -> bool {
    validator.record.is_active() && !validator.has_transient_stake()
}

/// Whether the validator's stake account may hold lamports that are not delegated: tips, a donation. Where it was not read it
/// may. They go to the reserve, which takes a call of the stake program.
fn may_be_swept(snapshot: &PoolSnapshot, validator: &Validator) -> bool {
    if validator.accounts.is_none() {
        return true;
    }
    let Some(account) = validator.validator_stake() else { return false };
    match StakeState::decode(&account.data) {
        Ok(StakeState::Stake(meta, delegation)) => {
            let rent = snapshot.environment().stake_rent().max(meta.rent_exempt_reserve.get());
            account.lamports > delegation.stake.get().saturating_add(rent)
        }
        _ => true,
    }
}

fn log_bytes(snapshot: &PoolSnapshot, validator: &Validator) -> u32 {
    match (is_quiet(validator), may_be_swept(snapshot, validator)) {
        (true, false) => 0,
        (true, true) => logs::STAKE_CALL,
        // A merge of the transient stake, and a merge or a sweep of the validator's.
        (false, _) => 2 * logs::STAKE_CALL,
    }
}

/// The instruction for `validators`, which follow each other in the list from `start` on.
pub(super) fn group(
    snapshot: &PoolSnapshot,
    form: Form,
    no_merge: bool,
    validators: &[Validator],
    start: usize,
) -> InstructionGroup {
    let sum = |base: u32, of: fn(Form, &PoolSnapshot, &Validator) -> u32| {
        validators.iter().map(|validator| of(form, snapshot, validator)).fold(base, u32::saturating_add)
    };
    InstructionGroup {
        label: format!("update validators {start} to {}", (start + validators.len()).saturating_sub(1)),
        instructions: vec![form.instruction(snapshot, start, no_merge, validators)],
        compute_units: sum(form.base_units(), Form::units),
        compute_growth: 0,
        log_bytes: sum(logs::POOL_INSTRUCTION, |_, snapshot, validator| log_bytes(snapshot, validator)),
    }
}

/// Divides the list into ranges.
pub(super) struct Chunks<'a> {
    snapshot: &'a PoolSnapshot,
    options: &'a UpdateOptions,
    form: Form,
    sizing: Sizing,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(snapshot: &'a PoolSnapshot, options: &'a UpdateOptions, form: Form) -> Self {
        Self { snapshot, options, form, sizing: Sizing::new(&options.lookup_tables) }
    }

    /// The instructions that cover all stale records, each for as many as a transaction allows and as want their stake merged,
    /// or not merged.
    pub(super) fn all(&self) -> Vec<InstructionGroup> {
        let mut chunks = Vec::new();
        let mut open: Option<Chunk> = None;
        for validator in self.snapshot.validators() {
            let is_due = self.options.all || validator.is_stale(self.snapshot.epoch());
            let larger = open.as_ref().and_then(|chunk| self.with(chunk, validator, is_due));
            open = match larger {
                Some(larger) => Some(larger),
                None => {
                    chunks.extend(open.take().map(|chunk| self.finish(&chunk)));
                    is_due.then(|| self.of(validator))
                }
            };
        }
        chunks.extend(open.map(|chunk| self.finish(&chunk)));
        chunks
    }

    /// What to do about a validator's stake in motion. The compact form finds that out itself.
    fn merging(&self, validator: &Validator) -> Merging {
        match self.form {
            Form::Contract => Merging::of(self.snapshot, validator, self.options),
            Form::Compact => Merging::Either,
        }
    }

    fn of(&self, validator: Validator<'a>) -> Chunk<'a> {
        let merging = self.merging(&validator);
        Chunk {
            due: (1, merging),
            merging,
            compute_units: self.form.base_units().saturating_add(self.form.units(self.snapshot, &validator)),
            log_bytes: logs::POOL_INSTRUCTION.saturating_add(log_bytes(self.snapshot, &validator)),
            validators: vec![validator],
        }
    }

    /// The range with the next validator, if that fits.
    fn with(&self, chunk: &Chunk<'a>, validator: Validator<'a>, is_due: bool) -> Option<Chunk<'a>> {
        let merging = chunk.merging.with(self.merging(&validator))?;
        let mut validators = chunk.validators.clone();
        validators.push(validator);
        let larger = Chunk {
            due: if is_due { (validators.len(), merging) } else { chunk.due },
            merging,
            compute_units: chunk.compute_units.saturating_add(self.form.units(self.snapshot, &validator)),
            log_bytes: chunk.log_bytes.saturating_add(log_bytes(self.snapshot, &validator)),
            validators,
        };
        self.fits(&larger).then_some(larger)
    }

    fn fits(&self, chunk: &Chunk) -> bool {
        let instruction = || self.form.instruction(self.snapshot, chunk.start(), false, &chunk.validators);
        let has_room = match self.options.validators_per_instruction {
            // Whoever asks for a number sees to it that lookup tables keep the transaction short.
            Some(size) => chunk.validators.len() <= size && self.sizing.fits_locks(&instruction()),
            None => self.sizing.fits(&instruction()),
        };
        // A pool without the extension has no events to lose.
        let keeps_events = !self.snapshot.is_extended() || chunk.log_bytes <= MAX_LOG_BYTES;
        chunk.compute_units <= MAX_COMPUTE_UNITS && keeps_events && has_room
    }

    fn finish(&self, chunk: &Chunk) -> InstructionGroup {
        let (count, merging) = chunk.due;
        let no_merge = merging == Merging::Skip;
        group(self.snapshot, self.form, no_merge, &chunk.validators[..count], chunk.start())
    }
}

/// A range that may still grow.
#[derive(Clone, Debug)]
struct Chunk<'a> {
    /// Not empty.
    validators: Vec<Validator<'a>>,
    /// How many of them there are up to the last that is due, and what these make of merging. What is up to date at the end of a
    /// range would be paid for in vain.
    due: (usize, Merging),
    merging: Merging,
    compute_units: u32,
    log_bytes: u32,
}

impl Chunk<'_> {
    fn start(&self) -> usize {
        self.validators.first().map_or(0, |validator| validator.index)
    }
}
