use {
    super::*,
    tidepool_interface::{
        address::STAKE_PROGRAM_ID,
        event::{EventData, NO_STATUS},
        instruction::tag,
    },
};

const PROGRAM: Address = Address::new_from_array([101; 32]);
const POOL: Address = Address::new_from_array([102; 32]);
const EVIL: Address = Address::new_from_array([66; 32]);

fn change(old: u64, new: u64) -> Change {
    Change { old: old.into(), new: new.into() }
}

fn funds(pool: Address, total_lamports: Change, supply: Change) -> FundsEvent {
    FundsEvent {
        pool,
        vote: Address::default(),
        epoch: 700.into(),
        records: 3.into(),
        instruction: tag::DEPOSIT_SOL,
        old_status: NO_STATUS,
        new_status: NO_STATUS,
        reserved: 0,
        total_lamports,
        pool_token_supply: supply,
        reserve_lamports: total_lamports,
        active_stake_lamports: change(7, 5),
        transient_stake_lamports: change(0, 2),
    }
}

fn data<T: EventData>(event: &T) -> String {
    let mut bytes = T::TAG.to_vec();
    bytes.extend_from_slice(bytemuck::bytes_of(event));
    format!("Program data: {}", BASE64_STANDARD.encode(bytes))
}

fn invoke(program: Address, depth: usize) -> String {
    format!("Program {program} invoke [{depth}]")
}

fn success(program: Address) -> String {
    format!("Program {program} success")
}

fn deposit() -> FundsEvent {
    funds(POOL, change(100, 110), change(90, 99))
}

#[test]
fn finds_events_among_other_logs() {
    let logs = [
        invoke(PROGRAM, 1),
        "Program log: Instruction: DepositSol".into(),
        invoke(STAKE_PROGRAM_ID, 2),
        format!("Program {STAKE_PROGRAM_ID} consumed 100 of 200 compute units"),
        format!("Program return: {STAKE_PROGRAM_ID} AAAA"),
        success(STAKE_PROGRAM_ID),
        "Program data: AAAA BBBB".into(),
        "Program data: not base64".into(),
        data(&deposit()),
        format!("Program {PROGRAM} consumed 100 of 200 compute units"),
        success(PROGRAM),
    ];
    let log = EventLog::of(&logs, &PROGRAM);
    assert_eq!(log, EventLog { events: vec![Event::Funds(deposit())], is_truncated: false, has_failed: false });
}

#[test]
fn other_program_cannot_forge_events() {
    let forged = data(&deposit());
    let at_the_top = [invoke(EVIL, 1), forged.clone(), success(EVIL)];
    let called = [invoke(PROGRAM, 1), invoke(EVIL, 2), forged.clone(), success(EVIL), success(PROGRAM)];
    let calling = [invoke(EVIL, 1), invoke(PROGRAM, 2), success(PROGRAM), forged.clone(), success(EVIL)];
    let in_the_text = [
        invoke(EVIL, 1),
        format!("Program log: {}", invoke(PROGRAM, 1)),
        format!("Program log: x\n{}\n{forged}", invoke(PROGRAM, 2)),
        success(EVIL),
    ];
    for logs in [&at_the_top[..], &called, &calling, &in_the_text] {
        assert_eq!(EventLog::of(logs, &PROGRAM), EventLog::default(), "{logs:#?}");
    }
    let genuine = [invoke(EVIL, 1), invoke(PROGRAM, 2), forged, success(PROGRAM), success(EVIL)];
    assert_eq!(EventLog::of(&genuine, &PROGRAM).events.len(), 1);
}

#[test]
fn failed_transaction_has_no_events() {
    let logs = [
        invoke(PROGRAM, 1),
        data(&deposit()),
        success(PROGRAM),
        invoke(PROGRAM, 1),
        format!("Program {PROGRAM} failed: custom program error: 0x10"),
    ];
    assert_eq!(EventLog::of(&logs, &PROGRAM), EventLog { has_failed: true, ..EventLog::default() });
}

#[test]
fn stops_at_truncated_logs() {
    let logs = [invoke(PROGRAM, 1), data(&deposit()), "Log truncated".into(), data(&deposit())];
    let log = EventLog::of(&logs, &PROGRAM);
    assert_eq!((log.events.len(), log.is_truncated), (1, true));
    // A line is missing.
    let logs = [invoke(PROGRAM, 1), success(EVIL), data(&deposit())];
    assert!(EventLog::of(&logs, &PROGRAM).is_truncated);
}

#[test]
fn totals_are_exact() {
    let other = Address::new_from_array([103; 32]);
    let events = [
        Event::Funds(deposit()),
        Event::Funds(funds(other, change(5, 6), change(5, 6))),
        Event::Funds(funds(POOL, change(110, 70), change(99, 60))),
    ];
    let totals = Totals::of(&events, &POOL);
    let expected = Totals {
        events: 2,
        total_lamports: -30,
        pool_token_supply: -30,
        reserve_lamports: -30,
        active_stake_lamports: -4,
        transient_stake_lamports: 4,
        gaps: 0,
    };
    assert_eq!(totals, expected);
    assert_eq!(Totals::of(events.iter().rev(), &POOL).gaps, 1);
    assert_eq!(Totals::of(&[], &POOL), Totals::default());
}
