//! The validators of an embedded cluster: real vote accounts with real stake.
//!
//! The cluster has no consensus and therefore no votes. Vote credits determine rewards; they are written into the vote accounts just
//! before an epoch ends. The bank then computes points, commissions and the partitioned distribution.

use {
    crate::EmbeddedError,
    solana_account::{Account, AccountSharedData, ReadableAccount},
    solana_address::Address,
    solana_clock::{Clock, Epoch},
    solana_keypair::Keypair,
    solana_native_token::LAMPORTS_PER_SOL,
    solana_rent::Rent,
    solana_runtime::bank::Bank,
    solana_signer::Signer,
    solana_stake_interface::{
        stake_flags::StakeFlags,
        state::{Authorized, Delegation, Meta, Stake, StakeStateV2},
    },
    solana_vote_interface::state::{
        BLS_PUBLIC_KEY_COMPRESSED_SIZE, BlockTimestamp, VoteInit, VoteStateV4, VoteStateVersions,
    },
};

/// Maximum credits per vote, for a latency of at most two slots.
const MAX_CREDITS_PER_SLOT: u64 = 16;

/// Entry of a vote account's credits after which they count lamports.
const ALPENGLOW_MARKER: (Epoch, u64, u64) = (u64::MAX, u64::MAX, u64::MAX);

/// Not a valid key: nothing here verifies votes.
const BLS_KEY: [u8; BLS_PUBLIC_KEY_COMPRESSED_SIZE] = [1; BLS_PUBLIC_KEY_COMPRESSED_SIZE];

/// Lamports of admission tickets for more than 1,000 epochs.
const TICKETS: u64 = 2_000 * LAMPORTS_PER_SOL;

/// Epochs in the credit history of a vote account.
const CREDITS_HISTORY_EPOCHS: usize = 64;

/// Commissions of the default validators in basis points, repeated along the list.
const USUAL_COMMISSIONS_BPS: [u16; 5] = [500, 0, 700, 1_000, 800];

/// Parameters of a validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatorSpec {
    /// Commission on inflation rewards, in basis points (0 to 10,000).
    pub commission_bps: u16,
    /// Initially active stake in lamports.
    pub stake_lamports: u64,
    /// Performance in thousandths of the maximum vote credits. 0 for a delinquent validator.
    pub performance_permille: u16,
}

impl Default for ValidatorSpec {
    fn default() -> Self {
        Self { commission_bps: 500, stake_lamports: 500_000 * LAMPORTS_PER_SOL, performance_permille: 1_000 }
    }
}

impl ValidatorSpec {
    /// The `index`-th of a varied set: commissions from 0 to 10 %, performance from 97.6 to 100 %.
    pub fn varied(index: usize) -> Self {
        Self {
            commission_bps: USUAL_COMMISSIONS_BPS[index % USUAL_COMMISSIONS_BPS.len()],
            performance_permille: 1_000 - 4 * (index % 7) as u16,
            ..Self::default()
        }
    }
}

/// A validator of the cluster.
#[derive(Debug)]
pub struct Validator {
    /// `validator-01`, `validator-02`, …
    pub name: String,
    /// Signs as the node, as the authorized voter and as the authorized withdrawer.
    pub identity: Keypair,
    /// The vote account.
    pub vote: Address,
    /// The stake account of the initially active stake.
    pub stake: Address,
    /// The parameters of the validator.
    pub spec: ValidatorSpec,
}

impl Validator {
    /// A validator with keys derived from `index`, so that clusters with the same parameters have the same addresses.
    pub(crate) fn new(index: usize, spec: ValidatorSpec) -> Self {
        Self {
            name: format!("validator-{:02}", index + 1),
            identity: test_keypair(b"identity", index),
            vote: test_keypair(b"vote", index).pubkey(),
            stake: test_keypair(b"stake", index).pubkey(),
            spec,
        }
    }

    /// The genesis accounts: identity, vote account and stake account.
    pub(crate) fn genesis_accounts(&self, rent: &Rent) -> [(Address, Account); 3] {
        let identity = Account::new(10 * LAMPORTS_PER_SOL, 0, &solana_sdk_ids::system_program::ID);
        [
            (self.identity.pubkey(), identity),
            (self.vote, vote_account(&self.vote, &self.identity.pubkey(), self.spec.commission_bps, rent)),
            (self.stake, active_stake_account(&self.vote, &self.identity.pubkey(), self.spec.stake_lamports, rent)),
        ]
    }
}

/// A stake account whose `lamports` above the rent are delegated and active, like stake of the genesis. `authority` is staker and
/// withdrawer.
pub fn active_stake_account(vote: &Address, authority: &Address, lamports: u64, rent: &Rent) -> Account {
    let space = StakeStateV2::size_of();
    let reserve = rent.minimum_balance(space);
    #[expect(deprecated, reason = "the stake program reads the reserve that is in the account")]
    let meta = Meta { authorized: Authorized::auto(authority), rent_exempt_reserve: reserve, ..Meta::default() };
    // Activation epoch MAX marks genesis stake: active immediately, without warm-up.
    let stake = Stake { delegation: Delegation::new(vote, lamports, Epoch::MAX), credits_observed: 0 };
    let mut account = Account::new(reserve + lamports, space, &solana_sdk_ids::stake::ID);
    let state = StakeStateV2::Stake(meta, stake, StakeFlags::empty());
    bincode::serialize_into(account.data.as_mut_slice(), &state).expect("a stake account has room for a stake");
    account
}

/// A vote account before its first vote. `node` is the node, the authorized voter and the authorized withdrawer. The commission is in
/// basis points of the inflation rewards (0 to 10,000).
pub fn vote_account(vote: &Address, node: &Address, commission_bps: u16, rent: &Rent) -> Account {
    let init = VoteInit { node_pubkey: *node, authorized_voter: *node, authorized_withdrawer: *node, commission: 0 };
    let state = VoteStateV4 {
        inflation_rewards_commission_bps: commission_bps,
        ..VoteStateV4::new_with_defaults(vote, &init, &Clock::default())
    };
    let mut account =
        Account::new(rent.minimum_balance(VoteStateV4::size_of()), VoteStateV4::size_of(), &solana_sdk_ids::vote::ID);
    VoteStateV4::serialize(&VoteStateVersions::new_v4(state), &mut account.data)
        .expect("a vote account has room for a vote state");
    account
}

/// Writes the credits of the current epoch into a vote account.
pub(crate) fn earn_credits(bank: &Bank, vote: &Address, performance_permille: u16) -> Result<(), EmbeddedError> {
    let slots = bank.get_slots_in_epoch(bank.epoch());
    let most = if bank.is_alpenglow() { lamports_of_epoch(bank, vote) } else { slots * MAX_CREDITS_PER_SLOT };
    let credits = u64::try_from(u128::from(most) * u128::from(performance_permille) / 1_000).unwrap_or(u64::MAX);
    if credits == 0 {
        return Ok(());
    }
    change_state(bank, vote, |state| {
        add_credits(&mut state.epoch_credits, bank.epoch(), credits);
        state.last_timestamp = BlockTimestamp { slot: bank.slot(), timestamp: bank.clock().unix_timestamp };
    })
}

/// Under Alpenglow: the lamports that a validator and its delegators earn in the current epoch with a vote in each slot.
fn lamports_of_epoch(bank: &Bank, vote: &Address) -> u64 {
    let rate =
        bank.inflation().validator(bank.slot_in_year_for_inflation()) * bank.epoch_duration_in_years(bank.epoch());
    let stake = bank.vote_accounts().get(vote).map_or(0, |(stake, _)| *stake);
    (rate * stake as f64) as u64
}

/// Prepares a vote account of the genesis for Alpenglow: a BLS key, lamports for admission tickets, and credits after the marker.
pub(crate) fn admit(account: &mut Account, vote: &Address) {
    let mut state = VoteStateV4::deserialize(&account.data, vote).expect("a vote state");
    state.bls_pubkey_compressed = Some(BLS_KEY);
    state.epoch_credits = vec![ALPENGLOW_MARKER];
    VoteStateV4::serialize(&VoteStateVersions::new_v4(state), &mut account.data).expect("a vote account has room");
    account.lamports += TICKETS;
}

/// Gives a vote account a BLS key.
pub(crate) fn set_bls_key(bank: &Bank, vote: &Address) -> Result<(), EmbeddedError> {
    change_state(bank, vote, |state| state.bls_pubkey_compressed = Some(BLS_KEY))
}

fn change_state(bank: &Bank, vote: &Address, change: impl FnOnce(&mut VoteStateV4)) -> Result<(), EmbeddedError> {
    let account = bank.get_account(vote).ok_or(EmbeddedError::UnknownVoteAccount { vote: *vote })?;
    let unknown = |_| EmbeddedError::UnknownVoteState { vote: *vote };
    let mut state = VoteStateV4::deserialize(account.data(), vote).map_err(unknown)?;
    change(&mut state);
    let mut account = Account::from(account);
    account.data.resize(VoteStateV4::size_of(), 0);
    VoteStateV4::serialize(&VoteStateVersions::new_v4(state), &mut account.data).map_err(unknown)?;
    bank.store_account(vote, &AccountSharedData::from(account));
    Ok(())
}

/// Adds credits as the vote program does: one entry `(epoch, total credits, total credits before this epoch)` per epoch.
fn add_credits(history: &mut Vec<(Epoch, u64, u64)>, epoch: Epoch, credits: u64) {
    match history.last_mut() {
        None | Some(&mut ALPENGLOW_MARKER) => history.push((epoch, 0, 0)),
        Some((last, total, before)) if *last != epoch => {
            if total == before {
                *last = epoch;
            } else {
                let total = *total;
                history.push((epoch, total, total));
            }
        }
        Some(_) => {}
    }
    if history.len() > CREDITS_HISTORY_EPOCHS {
        history.remove(0);
    }
    if let Some((_, total, _)) = history.last_mut() {
        *total += credits;
    }
}

/// A publicly derivable key, safe only for a cluster within one process.
fn test_keypair(role: &[u8], index: usize) -> Keypair {
    let mut seed = [0; 32];
    seed[..role.len()].copy_from_slice(role);
    seed[24..].copy_from_slice(&(index as u64).to_le_bytes());
    Keypair::new_from_array(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_are_kept_by_epoch() {
        let mut history = vec![];
        add_credits(&mut history, 4, 10);
        add_credits(&mut history, 4, 5);
        add_credits(&mut history, 6, 7);
        assert_eq!(history, [(4, 15, 0), (6, 22, 15)]);
    }

    #[test]
    fn credits_begin_again_after_the_marker() {
        let mut history = vec![(3, 20, 10), ALPENGLOW_MARKER];
        add_credits(&mut history, 4, 5);
        assert_eq!(history, [(3, 20, 10), ALPENGLOW_MARKER, (4, 5, 0)]);
    }

    #[test]
    fn history_of_credits_is_bounded() {
        let mut history = vec![];
        for epoch in 0..100 {
            add_credits(&mut history, epoch, 1);
        }
        assert_eq!(history.len(), CREDITS_HISTORY_EPOCHS);
        assert_eq!(history.last(), Some(&(99, 100, 99)));
    }

    #[test]
    fn validators_have_distinct_addresses() {
        let one = Validator::new(0, ValidatorSpec::default());
        let two = Validator::new(1, ValidatorSpec::default());
        assert_ne!(one.vote, two.vote);
        assert_ne!(one.vote, one.stake);
        assert_eq!(one.vote, Validator::new(0, ValidatorSpec::default()).vote);
    }
}
