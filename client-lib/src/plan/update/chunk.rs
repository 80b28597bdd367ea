//! Ranges of the list, updated by one instruction each.

use {
    super::{UpdateOptions, idle::idle_lamports, merging::Merging, work::Work},
    crate::{
        actions, compute, logs,
        pack::{MAX_COMPUTE_UNITS, MAX_LOG_BYTES, MAX_TRACE, Sizing},
        plan::{InstructionGroup, Step},
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
        is_written: &dyn Fn(&Validator) -> bool,
    ) -> Instruction {
        match self {
            Self::Spl => actions::update_list_instruction(snapshot, start, no_merge, validators),
            Self::Compact => actions::update_validators_instruction(snapshot, start, validators, is_written),
        }
    }
}

/// Most validators between two that are due that one compact instruction updates, too. Each takes the place of another account
/// in a transaction; an instruction more takes compute units and log bytes.
const MAX_GAP: usize = 4;

fn work_of(snapshot: &PoolSnapshot, validator: &Validator, is_written: &dyn Fn(&Validator) -> bool) -> Work {
    if is_written(validator) { Work::of(snapshot, validator) } else { Work::counting(validator) }
}

/// The instruction for `validators`, contiguous in the list from `start`. A compact one passes the accounts of those that are not
/// written read-only.
pub(super) fn group(
    snapshot: &PoolSnapshot,
    form: Form,
    no_merge: bool,
    validators: &[Validator],
    start: usize,
    is_written: &dyn Fn(&Validator) -> bool,
) -> InstructionGroup {
    let works: Vec<Work> = validators.iter().map(|validator| work_of(snapshot, validator, is_written)).collect();
    let units = validators.iter().zip(&works).map(|(validator, work)| form.units(validator, *work));
    let swept = validators.iter().filter(|validator| form == Form::Compact && is_written(validator));
    let steps = swept.map(|validator| (validator.vote(), idle_lamports(snapshot, validator)));
    InstructionGroup {
        label: format!("update validators {start} to {}", (start + validators.len()).saturating_sub(1)),
        steps: steps
            .filter(|(_, lamports)| *lamports > 0)
            .map(|(vote, lamports)| Step::Sweep { vote, lamports })
            .collect(),
        instructions: vec![form.instruction(snapshot, start, no_merge, validators, is_written)],
        compute_units: units.fold(form.base_units(), u32::saturating_add),
        compute_growth: 0,
        log_bytes: works.iter().map(Work::log_bytes).fold(logs::POOL_INSTRUCTION, u32::saturating_add),
        trace_length: works.iter().map(Work::calls).fold(1, u32::saturating_add),
        is_alone: false,
    }
}

pub(super) struct Chunks<'a> {
    snapshot: &'a PoolSnapshot,
    options: &'a UpdateOptions,
    form: Form,
    sizing: Sizing,
}

/// Indices of records.
pub(super) type Indices = HashSet<usize>;

impl<'a> Chunks<'a> {
    pub(super) fn new(snapshot: &'a PoolSnapshot, options: &'a UpdateOptions, form: Form) -> Self {
        Self { snapshot, options, form, sizing: Sizing::new(&options.format) }
    }

    /// Instructions for the records that are `due`. Each holds as many as fit a transaction and agree on merging. The compact form
    /// passes the accounts of records that are not `written` read-only.
    pub(super) fn of_records(&self, due: &Indices, written: &Indices) -> Vec<InstructionGroup> {
        let mut chunks = Vec::new();
        let mut open: Option<Chunk> = None;
        for validator in self.snapshot.validators() {
            let is_due = due.contains(&validator.index);
            let larger = open.as_ref().and_then(|chunk| self.with(chunk, validator, is_due, written));
            open = match larger {
                Some(larger) => Some(larger),
                None => {
                    chunks.extend(open.take().map(|chunk| self.finish(&chunk, written)));
                    is_due.then(|| self.of(validator, written))
                }
            };
        }
        chunks.extend(open.map(|chunk| self.finish(&chunk, written)));
        chunks
    }

    /// How to treat a validator's transient stake. The compact form decides this itself.
    fn merging(&self, validator: &Validator) -> Merging {
        match self.form {
            Form::Spl => Merging::of(self.snapshot, validator, self.options),
            Form::Compact => Merging::Either,
        }
    }

    fn of(&self, validator: Validator<'a>, written: &Indices) -> Chunk<'a> {
        let (merging, work) = (self.merging(&validator), work_of(self.snapshot, &validator, &is_in(written)));
        Chunk {
            due: (1, merging),
            merging,
            compute_units: self.form.base_units().saturating_add(self.form.units(&validator, work)),
            log_bytes: logs::POOL_INSTRUCTION.saturating_add(work.log_bytes()),
            trace_length: 1 + work.calls(),
            validators: vec![validator],
        }
    }

    /// The range with the next validator, if that fits.
    fn with(&self, chunk: &Chunk<'a>, validator: Validator<'a>, is_due: bool, written: &Indices) -> Option<Chunk<'a>> {
        if self.form == Form::Compact && !is_due && chunk.validators.len() - chunk.due.0 >= MAX_GAP {
            return None;
        }
        let merging = chunk.merging.with(self.merging(&validator))?;
        let work = work_of(self.snapshot, &validator, &is_in(written));
        let mut validators = chunk.validators.clone();
        validators.push(validator);
        let larger = Chunk {
            due: if is_due { (validators.len(), merging) } else { chunk.due },
            merging,
            compute_units: chunk.compute_units.saturating_add(self.form.units(&validator, work)),
            log_bytes: chunk.log_bytes.saturating_add(work.log_bytes()),
            trace_length: chunk.trace_length + work.calls(),
            validators,
        };
        self.fits(&larger, written).then_some(larger)
    }

    fn fits(&self, chunk: &Chunk, written: &Indices) -> bool {
        let (snapshot, validators) = (self.snapshot, &chunk.validators);
        let instruction = || self.form.instruction(snapshot, chunk.start(), false, validators, &is_in(written));
        let has_room = match self.options.validators_per_instruction {
            // With an explicit size, lookup tables are expected to keep the transaction short.
            Some(size) => chunk.validators.len() <= size && self.sizing.fits_locks(&instruction()),
            None => self.sizing.fits(&instruction()),
        };
        // A pool without the extension emits no events.
        let may_cut = self.options.allow_event_truncation || !self.snapshot.is_extended();
        let keeps_events = may_cut || chunk.log_bytes <= MAX_LOG_BYTES;
        chunk.compute_units <= MAX_COMPUTE_UNITS && chunk.trace_length <= MAX_TRACE && keeps_events && has_room
    }

    fn finish(&self, chunk: &Chunk, written: &Indices) -> InstructionGroup {
        let (count, merging) = chunk.due;
        let (no_merge, validators) = (merging == Merging::Skip, &chunk.validators[..count]);
        group(self.snapshot, self.form, no_merge, validators, chunk.start(), &is_in(written))
    }
}

fn is_in(written: &Indices) -> impl Fn(&Validator) -> bool {
    |validator| written.contains(&validator.index)
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
    trace_length: u32,
}

impl Chunk<'_> {
    fn start(&self) -> usize {
        self.validators.first().map_or(0, |validator| validator.index)
    }
}
