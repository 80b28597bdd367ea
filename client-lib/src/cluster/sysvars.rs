//! Current parameters of a cluster, decoded from sysvars and programs.

use {
    super::{Cluster, ClusterError, Simulation},
    crate::error::BelowRent,
    serde::de::DeserializeOwned,
    solana_address::Address,
    solana_hash::Hash,
    solana_instruction::Instruction,
    solana_message::{Message, VersionedMessage},
    solana_rent::Rent,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
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

/// Implausible rent per byte, in lamports: a thousand times Solana's initial rate.
const IMPLAUSIBLE_LAMPORTS_PER_BYTE: u64 = 1_000 * solana_rent::DEFAULT_LAMPORTS_PER_BYTE;

/// Largest account data, in bytes.
pub(crate) const MAX_ACCOUNT_BYTES: usize = 10 << 20;

/// Rejects implausible rent. Lamports paid at such a rent would stay in the accounts, and multiples of it could
/// overflow.
pub(crate) fn check_plausible(rent: Rent) -> Result<Rent, ClusterError> {
    let most = (MAX_ACCOUNT_BYTES as u64).saturating_mul(4).saturating_mul(IMPLAUSIBLE_LAMPORTS_PER_BYTE);
    let is_believable = rent.lamports_per_byte <= IMPLAUSIBLE_LAMPORTS_PER_BYTE
        && rent.try_minimum_balance(MAX_ACCOUNT_BYTES).is_some_and(|lamports| lamports <= most);
    let address = solana_sdk_ids::sysvar::rent::ID;
    if is_believable { Ok(rent) } else { Err(ClusterError::UnexpectedData { address, expected: "a valid rent" }) }
}

/// Simulates one instruction. `payer` must exist and be able to pay a fee; nothing is signed or paid.
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

/// The balance of an account and its rent-exempt minimum, if the cluster returns them.
pub(crate) async fn below_rent<C: Cluster + ?Sized>(cluster: &C, account: Address) -> BelowRent {
    let read = async {
        let (found, rent) = (cluster.account(&account).await?, cluster.rent().await?);
        let (held, length) = found.map_or((0, 0), |found| (found.lamports, found.data.len()));
        Ok::<_, ClusterError>((held, rent.minimum_balance(length)))
    };
    BelowRent { account, lamports: read.await.ok() }
}

/// The error for a transaction with fee payer `payer` that was rejected before it ran.
pub(crate) async fn refused<C: Cluster + ?Sized>(
    cluster: &C,
    error: TransactionError,
    payer: &Address,
) -> ClusterError {
    match error {
        // The fee payer is the first account of a transaction.
        TransactionError::InsufficientFundsForRent { account_index: 0 } => {
            ClusterError::BelowRent(below_rent(cluster, *payer).await)
        }
        TransactionError::AccountNotFound | TransactionError::InsufficientFundsForFee => {
            ClusterError::Unfunded { payer: *payer }
        }
        error => ClusterError::TransactionRefused { error },
    }
}

pub(super) async fn minimum_delegation<C>(cluster: &C, payer: Address) -> Result<u64, ClusterError>
where
    C: Cluster + ?Sized,
{
    let instruction = solana_stake_interface::instruction::get_minimum_delegation();
    let simulation = simulate_alone(cluster, instruction, &payer).await?;
    if let Some(error) = simulation.error {
        return Err(refused(cluster, error, &payer).await);
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
