mod chain;
mod following;
mod reading;

use {
    super::*,
    base64::{Engine as _, prelude::BASE64_STANDARD},
    solana_address::Address,
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

fn place(instruction: usize, call: Option<usize>, event: usize) -> Place {
    Place { instruction, call, event }
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
    let events = vec![LoggedEvent { place: place(0, None, 0), event: Event::Funds(deposit()) }];
    assert_eq!(log, EventLog { events, is_truncated: false, has_failed: false });
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
    // The last lines are missing.
    let logs = [invoke(PROGRAM, 1), data(&deposit())];
    assert!(EventLog::of(&logs, &PROGRAM).is_truncated);
}

#[test]
fn places_count_instructions_calls_and_events() {
    let logs = [
        invoke(EVIL, 1),
        success(EVIL),
        invoke(EVIL, 1),
        invoke(STAKE_PROGRAM_ID, 2),
        success(STAKE_PROGRAM_ID),
        invoke(PROGRAM, 2),
        data(&deposit()),
        invoke(STAKE_PROGRAM_ID, 3),
        // Data of a called program, of the form of an event.
        data(&deposit()),
        success(STAKE_PROGRAM_ID),
        data(&deposit()),
        success(PROGRAM),
        invoke(PROGRAM, 2),
        data(&deposit()),
        success(PROGRAM),
        success(EVIL),
        invoke(PROGRAM, 1),
        data(&deposit()),
        success(PROGRAM),
    ];
    let places = |log: &EventLog| log.events.iter().map(|logged| logged.place).collect::<Vec<_>>();
    let expected = [place(1, Some(1), 0), place(1, Some(1), 1), place(1, Some(3), 0), place(2, None, 0)];
    let log = EventLog::of(&logs, &PROGRAM);
    assert_eq!(places(&log), expected);
    assert!(!log.is_truncated);

    // Signature checks run without a line, and count.
    let check = solana_sdk_ids::ed25519_program::ID;
    let log = EventLog::of_instructions(&logs, &PROGRAM, &[check, EVIL, EVIL, check, check, PROGRAM, check]);
    let expected = [place(2, Some(1), 0), place(2, Some(1), 1), place(2, Some(3), 0), place(5, None, 0)];
    assert_eq!(places(&log), expected);
    assert!(!log.is_truncated);
    // Lines that are not those of the transaction.
    for instructions in [&[EVIL, PROGRAM][..], &[EVIL, EVIL], &[EVIL, EVIL, PROGRAM, EVIL], &[]] {
        assert!(EventLog::of_instructions(&logs, &PROGRAM, instructions).is_truncated, "{instructions:?}");
    }
}

#[test]
fn keys_are_read_as_they_are_written() {
    for place in [place(3, None, 0), place(0, Some(12), 7)] {
        let key = EventKey { signature: [7; 64].into(), place };
        assert_eq!(key.to_string().parse(), Ok(key));
    }
    let signature = solana_signature::Signature::from([7; 64]);
    assert_eq!(EventKey { signature, place: place(2, Some(1), 0) }.to_string(), format!("{signature}:2.1.0"));
    for text in ["", "x:1.-.0", &format!("{signature}:1.-"), &format!("{signature}:1.-.0.0"), &signature.to_string()] {
        assert_eq!(text.parse::<EventKey>(), Err(()), "{text}");
    }
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
    let balances = |lamports, pool_tokens| Balances { lamports, pool_tokens };
    let expected = Totals {
        events: 2,
        span: Some([balances(100, 90), balances(70, 60)]),
        total_lamports: -30,
        pool_token_supply: -30,
        reserve_lamports: -30,
        active_stake_lamports: -4,
        transient_stake_lamports: 4,
        last_reserve_lamports: Some(70),
        kinds: [(tag::DEPOSIT_SOL, Kind { events: 2, lamports: -30, pool_tokens: -30 })].into(),
        ..Totals::default()
    };
    assert_eq!(totals, expected);
    assert_eq!(Totals::of(events.iter().rev(), &POOL).gaps, 1);
    assert_eq!(Totals::of(&[], &POOL), Totals::default());
}

#[test]
fn totals_tell_rewards_and_what_the_reserve_received() {
    let update = |total, supply, reserve| FundsEvent {
        instruction: tag::UPDATE_STAKE_POOL_BALANCE,
        reserve_lamports: reserve,
        ..funds(POOL, total, supply)
    };
    let silent = FundsEvent { reserve_lamports: Change::default(), ..funds(POOL, change(130, 130), change(91, 91)) };
    let events = [
        Event::Funds(update(change(100, 130), change(90, 91), change(10, 10))),
        Event::Funds(silent),
        // 5 lamports were sent to the reserve, 3 pool tokens burned, and stake was lost.
        Event::Funds(update(change(130, 120), change(91, 88), change(15, 40))),
    ];
    let totals = Totals::of(&events, &POOL);
    assert_eq!((totals.gaps, totals.reward_lamports, totals.supply_at_updates), (0, 30, -2));
    assert_eq!((totals.reserve_received_lamports, totals.last_reserve_lamports), (5, Some(40)));
}
