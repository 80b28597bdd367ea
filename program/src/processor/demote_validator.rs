//! `DemoteValidator`: takes a validator out of the rebalance's targets, by the proof in its vote account.

use {
    crate::{
        event::emit,
        validation::{Pool, check_owner, current_epoch},
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_interface::{
        ExtensionError::{EntryMoved, NoGroundForDemotion, NotExtended, ValidatorDemoted},
        address::VOTE_PROGRAM_ID,
        event::DemotionEvent,
        external::vote::VoteState,
        instruction::DemoteValidatorAccounts,
        state::{DemotionGround, DemotionPolicy, ValidatorListMut, ValidatorStakeInfo},
    },
};

/// The validator to demote, and the other one that proves that the cluster went on.
pub struct Demotion {
    pub index: u32,
    pub peer_index: u32,
    pub ground: DemotionGround,
}

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], demotion: &Demotion) -> ProgramResult {
    let accounts = DemoteValidatorAccounts::of(accounts)?;
    let epoch = current_epoch()?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    let policy = pool.extension()?.demotion;
    pool.check_fresh(epoch)?; // guard: demote-fresh
    pool.check_validator_list(accounts.validator_list)?;
    check_owner(accounts.validator_list, program_id)?;
    let mut list_account = *accounts.validator_list;
    let mut list_data = list_account.try_borrow_mut()?;
    let mut list = ValidatorListMut::decode(&mut list_data)?;
    let records = list.records();
    let record = *named(records, demotion.index, accounts.vote)?;
    // guard: demote-active
    if !record.is_active() {
        return Err(NoGroundForDemotion.into());
    }
    // guard: demote-once
    if record.extension.is_demoted() {
        return Err(ValidatorDemoted.into());
    }
    let has_ground = match demotion.ground {
        DemotionGround::NoCredits => {
            let peer = accounts.peer_vote.ok_or(ProgramError::NotEnoughAccountKeys)?;
            let peer_record = named(records, demotion.peer_index, peer)?;
            // guard: demote-peer-is-another
            let is_another = peer_record.is_active()
                && !peer_record.extension.is_demoted()
                && peer_record.vote_account_address != record.vote_account_address;
            is_another && earned_none_beside(&policy, accounts.vote, peer, epoch)?
        }
        ground => has_ground(&policy, accounts.vote, ground)?,
    };
    // guard: demote-ground
    if !has_ground {
        return Err(NoGroundForDemotion.into());
    }
    let lamports = record.stake_lamports()?;
    let total_lamports = pool.head().total_lamports.get();
    let extension = pool.extension_mut().ok_or(NotExtended)?;
    extension.demotions.add(&policy, epoch, lamports, total_lamports)?; // guard: demotion-bound
    let old_weight = record.extension.weight();
    records.get_mut(demotion.index as usize).ok_or(EntryMoved)?.extension.demote(epoch);
    emit(DemotionEvent {
        pool: *pool.address(),
        vote: record.vote_account_address,
        epoch: epoch.into(),
        lamports: lamports.into(),
        old_weight: old_weight.into(),
        ground: demotion.ground as u8,
        reserved: [0; 5],
    });
    Ok(())
}

/// The record at `index`, which is that of the vote account `vote`.
fn named<'a>(
    records: &'a [ValidatorStakeInfo],
    index: u32,
    vote: &AccountView,
) -> Result<&'a ValidatorStakeInfo, ProgramError> {
    let record = records.get(index as usize).ok_or(EntryMoved)?;
    // guard: demote-named
    if record.vote_account_address == *vote.address() { Ok(record) } else { Err(EntryMoved.into()) }
}

/// Judges a validator by its own vote account.
fn has_ground(policy: &DemotionPolicy, vote: &AccountView, ground: DemotionGround) -> Result<bool, ProgramError> {
    let data = vote.try_borrow()?;
    // guard: demote-vote-owner
    let state = if vote.owned_by(&VOTE_PROGRAM_ID) { VoteState::decode(&data) } else { None };
    let Some(state) = state else { return Ok(ground == DemotionGround::Closed) };
    let is_above = |commission: u16, most: Option<u16>| most.is_some_and(|most| commission > most);
    Ok(match ground {
        DemotionGround::InflationCommission => {
            is_above(state.inflation_commission_bps, policy.inflation_commission.get())
        }
        DemotionGround::BlockCommission => {
            state.block_commission_bps.is_some_and(|commission| is_above(commission, policy.block_commission.get()))
        }
        DemotionGround::NoBlsKey => policy.requires_bls_key == 1 && !state.has_bls_key,
        DemotionGround::NoCredits | DemotionGround::Closed => false,
    })
}

/// Whether `vote` earned credits in none of the policy's complete epochs, and `peer` in each of them.
fn earned_none_beside(
    policy: &DemotionPolicy,
    vote: &AccountView,
    peer: &AccountView,
    epoch: u64,
) -> Result<bool, ProgramError> {
    let count = u64::from(policy.epochs_without_credits);
    let Some(first) = epoch.checked_sub(count).filter(|_| count > 0) else { return Ok(false) };
    let (vote_data, peer_data) = (vote.try_borrow()?, peer.try_borrow()?);
    // guard: demote-credits-owner
    if !vote.owned_by(&VOTE_PROGRAM_ID) || !peer.owned_by(&VOTE_PROGRAM_ID) {
        return Ok(false);
    }
    let (Some(state), Some(peer)) = (VoteState::decode(&vote_data), VoteState::decode(&peer_data)) else {
        return Ok(false);
    };
    // guard: demote-beside-peer
    Ok((first..epoch).all(|epoch| !state.earned_in(epoch) && peer.earned_in(epoch)))
}
