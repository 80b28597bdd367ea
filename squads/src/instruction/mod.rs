//! Instructions of the program.
//!
//! `payer` pays the rent of new accounts, and `member` is the member that acts; both sign. A memo is for the history of transactions; the
//! program does not store it.

mod decode;

pub use decode::SquadsInstruction;

use {
    crate::{
        Error, PROGRAM_ID, SYSTEM_PROGRAM_ID, address,
        bytes::{Length, put_bytes, put_length, put_memo},
        message::VaultMessage,
        state::Member,
    },
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
};

/// First eight bytes of an instruction.
type Discriminator = [u8; 8];

const MULTISIG_CREATE_V2: Discriminator = [0x32, 0xdd, 0xc7, 0x5d, 0x28, 0xf5, 0x8b, 0xe9];
const VAULT_TRANSACTION_CREATE: Discriminator = [0x30, 0xfa, 0x4e, 0xa8, 0xd0, 0xe2, 0xda, 0xd3];
const VAULT_TRANSACTION_EXECUTE: Discriminator = [0xc2, 0x08, 0xa1, 0x57, 0x99, 0xa4, 0x19, 0xab];
const PROPOSAL_CREATE: Discriminator = [0xdc, 0x3c, 0x49, 0xe0, 0x1e, 0x6c, 0x4f, 0x9f];
const PROPOSAL_ACTIVATE: Discriminator = [0x0b, 0x22, 0x5c, 0xf8, 0x9a, 0x1b, 0x33, 0x6a];
const PROPOSAL_APPROVE: Discriminator = [0x90, 0x25, 0xa4, 0x88, 0xbc, 0xd8, 0x2a, 0xf8];
const PROPOSAL_REJECT: Discriminator = [0xf3, 0x3e, 0x86, 0x9c, 0xe6, 0x6a, 0xf6, 0x87];
const PROPOSAL_CANCEL: Discriminator = [0x1b, 0x2a, 0x7f, 0xed, 0x26, 0xa3, 0x54, 0xcb];
const BATCH_CREATE: Discriminator = [0xc2, 0x8e, 0x8d, 0x11, 0x37, 0xb9, 0x14, 0xf8];
const BATCH_ADD_TRANSACTION: Discriminator = [0x59, 0x64, 0xe0, 0x12, 0x45, 0x46, 0x36, 0x4c];
const BATCH_EXECUTE_TRANSACTION: Discriminator = [0xac, 0x2c, 0xb3, 0x98, 0x15, 0x7f, 0xea, 0xb4];
const CONFIG_TRANSACTION_CREATE: Discriminator = [0x9b, 0xec, 0x57, 0xe4, 0x89, 0x4b, 0x51, 0x27];
const CONFIG_TRANSACTION_EXECUTE: Discriminator = [0x72, 0x92, 0xf4, 0xbd, 0xfc, 0x8c, 0x24, 0x28];

fn instruction(data: Vec<u8>, accounts: Vec<AccountMeta>) -> Instruction {
    Instruction { program_id: PROGRAM_ID, accounts, data }
}

fn read(key: Address) -> AccountMeta {
    AccountMeta::new_readonly(key, false)
}

fn write(key: Address) -> AccountMeta {
    AccountMeta::new(key, false)
}

fn sign(key: Address) -> AccountMeta {
    AccountMeta::new_readonly(key, true)
}

fn pay(key: Address) -> AccountMeta {
    AccountMeta::new(key, true)
}

/// A new multisig without a config authority: only its members change it.
#[derive(Clone, Copy, Debug)]
pub struct MultisigCreate<'a> {
    /// Receives the fee for a new multisig; [`program_config`](address::program_config) names it, behind 8 + 32 + 8 bytes.
    pub treasury: &'a Address,
    /// Approvals that a proposal needs.
    pub threshold: u16,
    /// The members, in any order.
    pub members: &'a [Member],
    /// Seconds between the last approval and the execution, 90 days at most.
    pub time_lock: u32,
}

impl MultisigCreate<'_> {
    /// The instruction. `create_key` is a throw-away key that signs; the address of the multisig is derived from it.
    ///
    /// # Errors
    /// [`Error::TooMany`] if the list of members is too long.
    pub fn instruction(&self, create_key: &Address, creator: &Address) -> Result<Instruction, Error> {
        let mut data = MULTISIG_CREATE_V2.to_vec();
        data.push(0);
        data.extend(self.threshold.to_le_bytes());
        put_length(&mut data, Length::U32, self.members.len(), "members")?;
        for Member { key, permissions } in self.members {
            data.extend(key.as_ref());
            data.push(permissions.0);
        }
        data.extend(self.time_lock.to_le_bytes());
        // Neither a rent collector nor a memo.
        data.extend([0, 0]);
        let accounts = vec![
            read(address::program_config()),
            write(*self.treasury),
            write(address::multisig(create_key)),
            sign(*create_key),
            pay(*creator),
            read(SYSTEM_PROGRAM_ID),
        ];
        Ok(instruction(data, accounts))
    }
}

/// A new transaction of a vault.
#[derive(Clone, Copy, Debug)]
pub struct VaultTransactionCreate<'a> {
    /// The vault that signs.
    pub vault_index: u8,
    /// What it does.
    pub message: &'a VaultMessage,
    /// A memo.
    pub memo: Option<&'a str>,
}

impl VaultTransactionCreate<'_> {
    /// The instruction. `index` is one more than [`Multisig::transaction_index`](crate::state::Multisig::transaction_index).
    ///
    /// # Errors
    /// [`Error::TooMany`] if a list of the message is too long.
    pub fn instruction(
        &self,
        multisig: &Address,
        index: u64,
        member: &Address,
        payer: &Address,
    ) -> Result<Instruction, Error> {
        let mut data = VAULT_TRANSACTION_CREATE.to_vec();
        // No derived signers.
        data.extend([self.vault_index, 0]);
        put_bytes(&mut data, Length::U32, &self.message.encode()?, "bytes of a message")?;
        put_memo(&mut data, self.memo)?;
        let transaction = address::transaction(multisig, index);
        let accounts = vec![write(*multisig), write(transaction), sign(*member), pay(*payer), read(SYSTEM_PROGRAM_ID)];
        Ok(instruction(data, accounts))
    }
}

/// Creates the proposal of transaction `index`. That of a batch begins as a draft.
pub fn proposal_create(
    multisig: &Address,
    index: u64,
    member: &Address,
    payer: &Address,
    is_draft: bool,
) -> Instruction {
    let mut data = PROPOSAL_CREATE.to_vec();
    data.extend(index.to_le_bytes());
    data.push(is_draft.into());
    let proposal = address::proposal(multisig, index);
    instruction(data, vec![read(*multisig), write(proposal), sign(*member), pay(*payer), read(SYSTEM_PROGRAM_ID)])
}

/// Puts a draft to the vote.
pub fn proposal_activate(multisig: &Address, index: u64, member: &Address) -> Instruction {
    let accounts = vec![read(*multisig), pay(*member), write(address::proposal(multisig, index))];
    instruction(PROPOSAL_ACTIVATE.to_vec(), accounts)
}

fn vote(
    vote: Discriminator,
    multisig: &Address,
    index: u64,
    member: &Address,
    memo: Option<&str>,
) -> Result<Instruction, Error> {
    let mut data = vote.to_vec();
    put_memo(&mut data, memo)?;
    Ok(instruction(data, vec![read(*multisig), pay(*member), write(address::proposal(multisig, index))]))
}

/// Approves a proposal.
///
/// # Errors
/// [`Error::TooMany`] for a memo above 4 GiB.
pub fn proposal_approve(
    multisig: &Address,
    index: u64,
    member: &Address,
    memo: Option<&str>,
) -> Result<Instruction, Error> {
    vote(PROPOSAL_APPROVE, multisig, index, member, memo)
}

/// Rejects a proposal that is active.
///
/// # Errors
/// As [`proposal_approve`].
pub fn proposal_reject(
    multisig: &Address,
    index: u64,
    member: &Address,
    memo: Option<&str>,
) -> Result<Instruction, Error> {
    vote(PROPOSAL_REJECT, multisig, index, member, memo)
}

/// Cancels a proposal that is approved.
///
/// # Errors
/// As [`proposal_approve`].
pub fn proposal_cancel(
    multisig: &Address,
    index: u64,
    member: &Address,
    memo: Option<&str>,
) -> Result<Instruction, Error> {
    vote(PROPOSAL_CANCEL, multisig, index, member, memo)
}

/// Executes a vault transaction. `accounts` are those of [`VaultMessage::accounts`].
pub fn vault_transaction_execute(
    multisig: &Address,
    index: u64,
    member: &Address,
    accounts: Vec<AccountMeta>,
) -> Instruction {
    let transaction = read(address::transaction(multisig, index));
    let mut all = vec![read(*multisig), write(address::proposal(multisig, index)), transaction, sign(*member)];
    all.extend(accounts);
    instruction(VAULT_TRANSACTION_EXECUTE.to_vec(), all)
}

/// Creates an empty batch.
///
/// # Errors
/// As [`proposal_approve`].
pub fn batch_create(
    multisig: &Address,
    index: u64,
    member: &Address,
    payer: &Address,
    vault_index: u8,
    memo: Option<&str>,
) -> Result<Instruction, Error> {
    let mut data = BATCH_CREATE.to_vec();
    data.push(vault_index);
    put_memo(&mut data, memo)?;
    let batch = write(address::transaction(multisig, index));
    Ok(instruction(data, vec![write(*multisig), batch, sign(*member), pay(*payer), read(SYSTEM_PROGRAM_ID)]))
}

/// Adds transaction `number` (counted from 1) to batch `index`, whose proposal has to be a draft.
///
/// # Errors
/// As [`VaultTransactionCreate::instruction`].
pub fn batch_add_transaction(
    multisig: &Address,
    (index, number): (u64, u32),
    member: &Address,
    payer: &Address,
    message: &VaultMessage,
) -> Result<Instruction, Error> {
    let mut data = BATCH_ADD_TRANSACTION.to_vec();
    // No derived signers.
    data.push(0);
    put_bytes(&mut data, Length::U32, &message.encode()?, "bytes of a message")?;
    let accounts = vec![
        read(*multisig),
        read(address::proposal(multisig, index)),
        write(address::transaction(multisig, index)),
        write(address::batch_transaction(multisig, index, number)),
        sign(*member),
        pay(*payer),
        read(SYSTEM_PROGRAM_ID),
    ];
    Ok(instruction(data, accounts))
}

/// Executes transaction `number` of batch `index`: the one behind [`Batch::executed`](crate::state::Batch::executed). `accounts` are
/// those of [`VaultMessage::accounts`].
pub fn batch_execute_transaction(
    multisig: &Address,
    (index, number): (u64, u32),
    member: &Address,
    accounts: Vec<AccountMeta>,
) -> Instruction {
    let mut all = vec![
        read(*multisig),
        sign(*member),
        write(address::proposal(multisig, index)),
        write(address::transaction(multisig, index)),
        read(address::batch_transaction(multisig, index, number)),
    ];
    all.extend(accounts);
    instruction(BATCH_EXECUTE_TRANSACTION.to_vec(), all)
}

#[cfg(test)]
mod tests {
    use {super::*, crate::state, sha2::Digest as _};

    fn hash(text: &str) -> Discriminator {
        sha2::Sha256::digest(text)[..8].try_into().unwrap()
    }

    #[test]
    fn discriminators_are_hashes_of_names() {
        for (discriminator, name) in [
            (MULTISIG_CREATE_V2, "multisig_create_v2"),
            (VAULT_TRANSACTION_CREATE, "vault_transaction_create"),
            (VAULT_TRANSACTION_EXECUTE, "vault_transaction_execute"),
            (PROPOSAL_CREATE, "proposal_create"),
            (PROPOSAL_ACTIVATE, "proposal_activate"),
            (PROPOSAL_APPROVE, "proposal_approve"),
            (PROPOSAL_REJECT, "proposal_reject"),
            (PROPOSAL_CANCEL, "proposal_cancel"),
            (BATCH_CREATE, "batch_create"),
            (BATCH_ADD_TRANSACTION, "batch_add_transaction"),
            (BATCH_EXECUTE_TRANSACTION, "batch_execute_transaction"),
            (CONFIG_TRANSACTION_CREATE, "config_transaction_create"),
            (CONFIG_TRANSACTION_EXECUTE, "config_transaction_execute"),
        ] {
            assert_eq!(discriminator, hash(&format!("global:{name}")), "{name}");
        }
        for (discriminator, name) in [
            (state::Multisig::DISCRIMINATOR, "Multisig"),
            (state::Proposal::DISCRIMINATOR, "Proposal"),
            (state::VaultTransaction::DISCRIMINATOR, "VaultTransaction"),
            (state::Batch::DISCRIMINATOR, "Batch"),
            (state::BatchTransaction::DISCRIMINATOR, "VaultBatchTransaction"),
            (state::ConfigTransaction::DISCRIMINATOR, "ConfigTransaction"),
        ] {
            assert_eq!(discriminator, hash(&format!("account:{name}")), "{name}");
        }
    }
}
