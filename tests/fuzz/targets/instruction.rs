//! Whole instructions in the VM: the program refuses or does what it should, whatever it is given.

#![no_main]

use {
    libfuzzer_sys::fuzz_target,
    std::cell::RefCell,
    tidepool_fuzz::vm::{Case, Stage, install, trace},
};

thread_local! {
    /// One machine for all cases: to load the programs takes longer than to run them.
    static STAGE: RefCell<Stage> = RefCell::new({
        let mut stage = Stage::new();
        install(&mut stage.vm);
        stage
    });
}

fuzz_target!(
    init: trace(),
    |data: &[u8]| {
        let Some(case) = Case::read(data) else { return };
        let played = STAGE.with_borrow_mut(|stage| stage.play(&case));
        if let Err(finding) = played {
            panic!("{finding}\nin {case:#?}");
        }
    }
);
