//! Ranges of the list, updated by one instruction each.

use {
    super::{UpdateOptions, mergeable::mergeable, merging::Merging, work::Work},
    crate::{
        actions, compute, logs,
        pack::{MAX_COMPUTE_UNITS, MAX_LOG_BYTES, Sizing},
        plan::InstructionGroup,
        pool::{PoolSnapshot, Validator},
    },
    solana_instruction::Instruction,
    std::collections::HashSet,
};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// `UpdateValidatorListBalance`.
    Spl,
    /// `UpdateValidators`.
    Compact,
}

impl Form {
    const fn base_units(self) -> u32 {
        match self {
            Self::Spl => compute::UPDATE_LIST_BASE,
            Self::Compact => compute::COMPACT_BASE,
        }
    }

    fn units(self, validator: &Validator, work: Work) -> u32 {
        match self {
            Self::Spl if validator.record.is_active() && !validator.has_transient_stake() => {
                compute::UPDATE_QUIET_VALIDATOR
            }
            Self::Spl => compute::UPDATE_MOVING_VALIDATOR,
            Self::Compact => work.compact_units(),
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
            Self::Spl => actions::update_list_instruction(snapshot, start, no_merge, validators),
            Self::Compact => actions::update_validators_instruction(snapshot, start, validators),
        }
    }
}

/// The instruction for `validators`, contiguous in the list from `start`.
pub(super) fn group(
    snapshot: &PoolSnapshot,
    form: Form,
    no_merge: bool,
    validators: &[Validator],
    start: usize,
) -> InstructionGroup {
    let works: Vec<Work> = validators.iter().map(|validator| Work::of(snapshot, validator)).collect();
    let units = validators.iter().zip(&works).map(|(validator, work)| form.units(validator, *work));
    InstructionGroup {
        label: format!("update validators {start} to {}", (start + validators.len()).saturating_sub(1)),
        steps: Vec::new(),
        instructions: vec![form.instruction(snapshot, start, no_merge, validators)],
        compute_units: units.fold(form.base_units(), u32::saturating_add),
        compute_growth: 0,
        log_bytes: works.iter().map(Work::log_bytes).fold(logs::POOL_INSTRUCTION, u32::saturating_add),
    }
}

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

    /// Instructions for all stale records and those with mergeable stake. Each holds as many as fit a transaction and
    /// agree on merging.
    pub(super) fn all(&self) -> Vec<InstructionGroup> {
        let mut chunks = Vec::new();
        let mut open: Option<Chunk> = None;
        let mergeable: HashSet<usize> =
            mergeable(self.snapshot, self.options).iter().map(|validator| validator.index).collect();
        for validator in self.snapshot.validators() {
            let is_due =
                self.options.all || validator.is_stale(self.snapshot.epoch()) || mergeable.contains(&validator.index);
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

    /// How to treat a validator's transient stake. The compact form decides this itself.
    fn merging(&self, validator: &Validator) -> Merging {
        match self.form {
            Form::Spl => Merging::of(self.snapshot, validator, self.options),
            Form::Compact => Merging::Either,
        }
    }

    fn of(&self, validator: Validator<'a>) -> Chunk<'a> {
        let (merging, work) = (self.merging(&validator), Work::of(self.snapshot, &validator));
        Chunk {
            due: (1, merging),
            merging,
            compute_units: self.form.base_units().saturating_add(self.form.units(&validator, work)),
            log_bytes: logs::POOL_INSTRUCTION.saturating_add(work.log_bytes()),
            validators: vec![validator],
        }
    }

    /// The range with the next validator, if that fits.
    fn with(&self, chunk: &Chunk<'a>, validator: Validator<'a>, is_due: bool) -> Option<Chunk<'a>> {
        let merging = chunk.merging.with(self.merging(&validator))?;
        let work = Work::of(self.snapshot, &validator);
        let mut validators = chunk.validators.clone();
        validators.push(validator);
        let larger = Chunk {
            due: if is_due { (validators.len(), merging) } else { chunk.due },
            merging,
            compute_units: chunk.compute_units.saturating_add(self.form.units(&validator, work)),
            log_bytes: chunk.log_bytes.saturating_add(work.log_bytes()),
            validators,
        };
        self.fits(&larger).then_some(larger)
    }

    fn fits(&self, chunk: &Chunk) -> bool {
        let instruction = || self.form.instruction(self.snapshot, chunk.start(), false, &chunk.validators);
        let has_room = match self.options.validators_per_instruction {
            // With an explicit size, lookup tables are expected to keep the transaction short.
            Some(size) => chunk.validators.len() <= size && self.sizing.fits_locks(&instruction()),
            None => self.sizing.fits(&instruction()),
        };
        // A pool without the extension emits no events.
        let may_cut = self.options.allow_event_truncation || !self.snapshot.is_extended();
        let keeps_events = may_cut || chunk.log_bytes <= MAX_LOG_BYTES;
        chunk.compute_units <= MAX_COMPUTE_UNITS && keeps_events && has_room
    }

    fn finish(&self, chunk: &Chunk) -> InstructionGroup {
        let (count, merging) = chunk.due;
        let no_merge = merging == Merging::Skip;
        group(self.snapshot, self.form, no_merge, &chunk.validators[..count], chunk.start())
    }
}

#[derive(Clone, Debug)]
struct Chunk<'a> {
    /// Not empty.
    validators: Vec<Validator<'a>>,
    /// Number of validators up to the last that is due, and how they treat merging. Current records at the end of a
    /// range would cost compute units in vain.
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
