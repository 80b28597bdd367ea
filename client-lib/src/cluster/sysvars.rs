//! Live parameters of a cluster, decoded from its sysvar accounts and programs.

use {
    super::{Cluster, ClusterError, Simulation},
    crate::error::BelowRent,
    serde::de::DeserializeOwned,
    solana_address::Address,
    solana_clock::Clock,
    solana_epoch_schedule::EpochSchedule,
    solana_hash::Hash,
    solana_instruction::Instruction,
    solana_message::{Message, VersionedMessage},
    solana_rent::Rent,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::time::Duration,
};

pub(super) async fn read<C, S>(cluster: &C, address: Address) -> Result<S, ClusterError>
where
    C: Cluster + ?Sized,
    S: DeserializeOwned,
{
    let account = cluster.require_account(&address).await?;
    bincode::deserialize(&account.data)
        .map_err(|_| ClusterError::UnexpectedData { address, expected: "the sysvar of that name" })
}

/// Lamports for a byte that no cluster asks for: a thousand times what Solana's began with.
const TOO_MANY_LAMPORTS_PER_BYTE: u64 = 1_000 * solana_rent::DEFAULT_LAMPORTS_PER_BYTE;

/// Most bytes of data that an account can have.
pub(crate) const MAX_ACCOUNT_BYTES: usize = 10 << 20;

/// The rent, unless nobody can mean it: what is paid for some accounts at such a rent stays in them, and not all of its multiples
/// are numbers.
pub(crate) fn believable(rent: Rent) -> Result<Rent, ClusterError> {
    let most = (MAX_ACCOUNT_BYTES as u64).saturating_mul(4).saturating_mul(TOO_MANY_LAMPORTS_PER_BYTE);
    let is_believable = rent.lamports_per_byte <= TOO_MANY_LAMPORTS_PER_BYTE
        && rent.try_minimum_balance(MAX_ACCOUNT_BYTES).is_some_and(|lamports| lamports <= most);
    let address = solana_sdk_ids::sysvar::rent::ID;
    if is_believable {
        Ok(rent)
    } else {
        Err(ClusterError::UnexpectedData { address, expected: "a rent that could be" })
    }
}

/// Runs one instruction without committing it. `payer` has to exist and to have lamports for a fee; nothing is signed or paid.
pub(crate) async fn simulate_alone<C>(
    cluster: &C,
    instruction: Instruction,
    payer: &Address,
) -> Result<Simulation, ClusterError>
where
    C: Cluster + ?Sized,
{
    let message = Message::new_with_blockhash(&[instruction], Some(payer), &Hash::default());
    let transaction =
        VersionedTransaction { signatures: vec![Signature::default()], message: VersionedMessage::Legacy(message) };
    cluster.simulate(&transaction).await
}

/// What an account holds, and what it has to hold so as to be rent-exempt, as far as the cluster says.
pub(crate) async fn below_rent<C: Cluster + ?Sized>(cluster: &C, account: Address) -> BelowRent {
    let read = async {
        let (found, rent) = (cluster.account(&account).await?, cluster.rent().await?);
        let (held, length) = found.map_or((0, 0), |found| (found.lamports, found.data.len()));
        Ok::<_, ClusterError>((held, rent.minimum_balance(length)))
    };
    BelowRent { account, lamports: read.await.ok() }
}

pub(super) async fn minimum_delegation<C>(cluster: &C, payer: Address) -> Result<u64, ClusterError>
where
    C: Cluster + ?Sized,
{
    let instruction = solana_stake_interface::instruction::get_minimum_delegation();
    let simulation = simulate_alone(cluster, instruction, &payer).await?;
    if let Some(error) = simulation.error {
        return Err(ClusterError::refused(cluster, error, &payer).await);
    }
    simulation
        .return_data
        .filter(|returned| returned.program_id == solana_sdk_ids::stake::ID)
        .and_then(|returned| returned.data.try_into().ok())
        .map(u64::from_le_bytes)
        .ok_or_else(|| ClusterError::UnexpectedAnswer {
            detail: "the stake program did not return its minimum delegation".into(),
        })
}

/// Fewer slots than these tell little about how long one takes.
const ENOUGH_SLOTS: u64 = 16;

/// Time that a slot has taken since the epoch of `clock` began; `None` where too few have passed.
pub(crate) fn slot_time(clock: &Clock, schedule: &EpochSchedule) -> Option<Duration> {
    let seconds = clock.unix_timestamp.saturating_sub(clock.epoch_start_timestamp);
    let slots = clock.slot.saturating_sub(schedule.get_first_slot_in_epoch(clock.epoch));
    // The clock has whole seconds.
    let seconds = u64::try_from(seconds).ok().filter(|seconds| *seconds >= ENOUGH_SLOTS)?;
    per_slot(Duration::from_secs(seconds), slots)
}

/// Time of a slot where so many took `time`; `None` where they are too few.
pub(crate) fn per_slot(time: Duration, slots: u64) -> Option<Duration> {
    let slots = u32::try_from(slots).ok().filter(|slots| u64::from(*slots) >= ENOUGH_SLOTS)?;
    time.checked_div(slots).filter(|time| !time.is_zero())
}
