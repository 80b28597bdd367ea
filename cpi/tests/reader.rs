//! The pool account, read by another program.

use {
    bytemuck::Zeroable as _,
    solana_program_error::ProgramError,
    tidepool_core::maths::Fee,
    tidepool_cpi::PoolReader,
    tidepool_interface::{
        Address, ExtensionError,
        StakePoolError::{InvalidState, StakeListAndPoolOutOfDate},
        state::{
            AccountType, Announcement, AnnouncementKind, EXTENDED_POOL_LENGTH, POOL_MAX_LENGTH, PoolExtension,
            PoolHead, PoolTerms, RebalancePolicy, StakePool,
        },
    },
};

const PROGRAM: Address = Address::new_from_array([1; 32]);
const EPOCH: u64 = 700;

/// A pool at 1.1 lamports per pool token, after a rise of 1 % in the last epoch.
fn pool(account_type: AccountType, extension: Option<PoolExtension>) -> Vec<u8> {
    let mut head = PoolHead::zeroed();
    head.account_type = account_type as u8;
    head.total_lamports = 1_111_000.into();
    head.pool_token_supply = 1_010_000.into();
    head.last_update_epoch = EPOCH.into();
    let terms = PoolTerms {
        sol_withdraw_authority: Some(Address::new_from_array([2; 32])),
        sol_withdrawal_fee: Fee::new(1, 1_000),
        last_epoch_total_lamports: 1_100_000,
        last_epoch_pool_token_supply: 1_010_000,
        ..PoolTerms::default()
    };
    let mut data = vec![0; extension.map_or(POOL_MAX_LENGTH, |_| EXTENDED_POOL_LENGTH)];
    StakePool { head, terms }.encode(&mut data).unwrap();
    if let Some(extension) = extension {
        data[POOL_MAX_LENGTH..].copy_from_slice(bytemuck::bytes_of(&extension));
    }
    data
}

fn error(result: Result<PoolReader, ProgramError>) -> Option<ProgramError> {
    result.err()
}

#[test]
fn reads_pools_of_the_program_only() {
    let data = pool(AccountType::StakePool, None);
    let other = Address::new_from_array([9; 32]);
    assert!(PoolReader::of(&PROGRAM, &PROGRAM, &data).is_ok());
    assert_eq!(error(PoolReader::of(&PROGRAM, &other, &data)), Some(ProgramError::IncorrectProgramId));
    let list = pool(AccountType::ValidatorList, None);
    assert_eq!(error(PoolReader::of(&PROGRAM, &PROGRAM, &list)), Some(InvalidState.into()));
    assert_eq!(error(PoolReader::of(&PROGRAM, &PROGRAM, &[])), Some(ProgramError::BorshIoError));
    // An exit ticket.
    let mut ticket = data;
    ticket[0] = 3;
    assert_eq!(error(PoolReader::of(&PROGRAM, &PROGRAM, &ticket)), Some(ProgramError::BorshIoError));
}

#[test]
fn tells_value_and_freshness() {
    let data = pool(AccountType::StakePool, None);
    let reader = PoolReader::of(&PROGRAM, &PROGRAM, &data).unwrap();
    assert_eq!(reader.value(1_000), Ok(1_100));
    assert_eq!([EPOCH - 1, EPOCH, EPOCH + 3].map(|epoch| reader.epochs_behind(epoch)), [0, 0, 3]);
    assert_eq!(reader.check_fresh(EPOCH), Ok(()));
    assert_eq!(reader.check_fresh(EPOCH + 1), Err(StakeListAndPoolOutOfDate.into()));
    assert_eq!(reader.view().sol_withdrawal_fee(), Fee::new(1, 1_000));
}

#[test]
fn tells_how_far_the_rate_has_moved() {
    let data = pool(AccountType::StakePool, None);
    let reader = PoolReader::of(&PROGRAM, &PROGRAM, &data).unwrap();
    let halt = ExtensionError::RateGuardHalt;
    assert_eq!(reader.check_moved(100, 100), Ok(()));
    assert_eq!(reader.check_moved(99, 100), Err(halt.into()));
    assert_eq!(reader.check_moved(0, 1), Ok(()), "no bound of a rise");
}

#[test]
fn a_plain_pool_halts_and_announces_nothing() {
    let data = pool(AccountType::StakePool, None);
    let reader = PoolReader::of(&PROGRAM, &PROGRAM, &data).unwrap();
    assert!(reader.extension().is_none());
    assert_eq!(reader.check_not_halted(0), Ok(()));
    assert_eq!(reader.announcements().count(), 0);
}

#[test]
fn tells_a_halt_and_announcements() {
    let mut extension = PoolExtension::new(RebalancePolicy::DEFAULT);
    extension.halted_until_epoch = (EPOCH + 2).into();
    *extension.announcements.get_mut(AnnouncementKind::Manager) =
        Announcement::new(&extension.limits, EPOCH, 0, [7; 64]);
    let data = pool(AccountType::StakePool, Some(extension));
    let reader = PoolReader::of(&PROGRAM, &PROGRAM, &data).unwrap();
    assert_eq!(reader.halted_until(EPOCH + 1), Some(EPOCH + 2));
    assert_eq!(reader.check_not_halted(EPOCH + 1), Err(ExtensionError::RateGuardHalt.into()));
    assert_eq!(reader.check_not_halted(EPOCH + 2), Ok(()));
    let announced: Vec<_> = reader.announcements().map(|(kind, change)| (kind, change.from_epoch.get())).collect();
    assert_eq!(announced, [(AnnouncementKind::Manager, EPOCH)]);
}
