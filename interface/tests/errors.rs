//! Error codes are those of the SPL stake pool, and every message is one sentence.

use {
    num_traits::FromPrimitive as _, solana_program_error::ProgramError,
    spl_stake_pool::error::StakePoolError as ReferenceError, tidepool_interface::StakePoolError,
};

const CODES: std::ops::RangeInclusive<u32> = 0..=44;

#[test]
fn every_code_has_the_name_that_the_published_program_gives_it() {
    for code in CODES {
        let ours = StakePoolError::from_code(code).unwrap();
        let theirs = ReferenceError::from_u32(code).unwrap();
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}"), "code {code}");
        assert_eq!(ours as u32, code);
        assert_eq!(ProgramError::from(ours), ProgramError::from(theirs));
        assert_eq!(StakePoolError::try_from(code), Ok(ours));
    }
}

#[test]
fn no_code_lies_beyond_the_last_one() {
    for code in (CODES.end() + 1..=1_000).chain([u32::MAX - 1, u32::MAX]) {
        assert_eq!(StakePoolError::from_code(code), None);
        assert!(ReferenceError::from_u32(code).is_none());
        assert_eq!(StakePoolError::try_from(code), Err(ProgramError::InvalidArgument));
        assert_eq!(ReferenceError::try_from(code), Err(ProgramError::InvalidArgument));
    }
}

#[test]
fn every_message_is_one_short_sentence() {
    for code in CODES {
        let error = StakePoolError::from_code(code).unwrap();
        let message = error.message();
        assert_eq!(error.to_string(), message);
        assert!(message.starts_with(|first: char| first.is_ascii_uppercase()), "{message}");
        assert!(message.ends_with('.'), "{message}");
        // A second sentence would begin after a full stop and a space.
        assert!(!message.contains(". "), "{message}");
        assert!(!message.contains(['\n', '\t']), "{message}");
        assert!(message.len() <= 200, "{} bytes: {message}", message.len());
    }
}

#[test]
fn no_two_errors_share_a_message() {
    let mut messages: Vec<_> = CODES.map(|code| StakePoolError::from_code(code).unwrap().message()).collect();
    messages.sort_unstable();
    messages.dedup();
    assert_eq!(messages.len(), CODES.count());
}
