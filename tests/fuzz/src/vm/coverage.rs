//! What of the program has run, for the fuzzer to see. Its own counters are in the code of this machine, where every program takes the
//! same paths through the VM; so the VM traces the program, and each jump of it counts.

use {
    mollusk_svm::{InvocationInspectCallback, Mollusk},
    solana_address::Address,
    solana_program_runtime::invoke_context::{Executable, InvokeContext, RegisterTrace},
    solana_transaction_context::{instruction::InstructionContext, instruction_accounts::InstructionAccount},
    std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed},
    tidepool_tests::vm::Vm,
};

/// Counters: some ten for each jump of the program, so that few share one.
const COUNTERS: usize = 1 << 16;

/// Instructions that a program may have, for the report.
const INSTRUCTIONS: usize = 1 << 17;

/// Register with the number of the instruction.
const PROGRAM_COUNTER: usize = 11;

/// libFuzzer clears them before each run in steps of eight bytes, and looks at them after it.
#[repr(align(64))]
struct Counters([AtomicU8; COUNTERS]);

// SAFETY: libFuzzer takes all that is in this section for counters of one byte each, and that is what it holds.
#[unsafe(link_section = "__libfuzzer_extra_counters")]
#[used]
static JUMPS: Counters = Counters([const { AtomicU8::new(0) }; COUNTERS]);

/// A bit for each instruction of the program that has ever run.
static REACHED: [AtomicU64; INSTRUCTIONS / 64] = [const { AtomicU64::new(0) }; INSTRUCTIONS / 64];

/// Instructions that the program has.
static LENGTH: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" {
    /// libc's: calls this when the process ends.
    safe fn atexit(callback: extern "C" fn()) -> i32;
}

/// Makes machines trace what they run. To be called before any is made.
pub fn trace() {
    // SAFETY: no other thread has been started yet that could read the environment.
    // mollusk asks whether the variable is there; what it would write there goes nowhere, since `install` replaces it.
    unsafe { std::env::set_var("SBF_TRACE_DIR", "") };
    assert_eq!(atexit(report), 0, "libc has room for one more");
}

/// Counts what the program of this machine does.
pub fn install(vm: &mut Vm) {
    vm.mollusk.invocation_inspect_callback = Box::new(Tracer { program: vm.program_id });
}

extern "C" fn report() {
    let reached: u32 = REACHED.iter().map(|bits| bits.load(Relaxed).count_ones()).sum();
    eprintln!("program: {reached} of {} instructions ran", LENGTH.load(Relaxed));
}

struct Tracer {
    program: Address,
}

impl Tracer {
    fn count(&self, context: InstructionContext, executable: &Executable, trace: RegisterTrace) {
        if context.get_program_key().is_ok_and(|program| *program == self.program) {
            let (_, text) = executable.get_text_bytes();
            LENGTH.store(text.len() / 8, Relaxed);
            count(trace);
        }
    }
}

fn count(trace: RegisterTrace) {
    let mut last = 0;
    for registers in trace {
        let counter = registers[PROGRAM_COUNTER] as usize;
        if let Some(bits) = REACHED.get(counter / 64) {
            bits.fetch_or(1 << (counter % 64), Relaxed);
        }
        // What follows the instruction before says nothing new.
        if counter != last + 1 {
            let place = (last.wrapping_mul(0x9e37_79b1) >> 7 ^ counter) % COUNTERS;
            let jumps = &JUMPS.0[place];
            jumps.store(jumps.load(Relaxed).saturating_add(1), Relaxed);
        }
        last = counter;
    }
}

impl InvocationInspectCallback for Tracer {
    fn before_invocation(
        &self,
        _: &Mollusk,
        _: &Address,
        _: &[u8],
        _: &[InstructionAccount],
        _: &mut InvokeContext,
        _: bool,
    ) {
    }

    fn after_invocation(&self, _: &Mollusk, context: &InvokeContext, _: bool) {
        context.iterate_vm_traces(&|instruction, executable, trace| self.count(instruction, executable, trace));
    }
}
