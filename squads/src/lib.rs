//! A client of the Squads v4 multisig program: addresses, accounts, messages and instructions.
//!
//! It knows bytes only, no cluster and no stake pool. It does not depend on the crates `squads-multisig` and `squads-multisig-program`:
//! they need versions of the Solana crates that cannot be locked beside current ones, and the program is under the Business Source
//! License. The layouts are those of the IDL in the MIT-licensed npm package `@sqds/multisig` 2.1.4. Tests of the repository run the
//! instructions in the published program.
//!
//! A change by a multisig takes three steps, each a transaction:
//!
//! ```
//! use solana_address::Address;
//! use solana_instruction::{AccountMeta, Instruction};
//! use tidepool_squads::{address, instruction, message::VaultMessage};
//!
//! # let [multisig, member, program, pool] = std::array::from_fn(|i| Address::new_from_array([i as u8 + 1; 32]));
//! let vault = address::vault(&multisig, 0);
//! let change = Instruction::new_with_bytes(program, &[13], vec![
//!     AccountMeta::new(pool, false),
//!     AccountMeta::new_readonly(vault, true),
//! ]);
//! let message = VaultMessage::compile(&[change])?;
//!
//! // 1. Propose: `index` is one more than `Multisig::transaction_index`.
//! let index = 8;
//! let create = instruction::VaultTransactionCreate { vault_index: 0, message: &message, memo: Some("a new fee") };
//! let propose = [
//!     create.instruction(&multisig, index, &member, &member)?,
//!     instruction::proposal_create(&multisig, index, &member, &member, false),
//! ];
//! // 2. Approve, by as many members as the threshold.
//! let approve = instruction::proposal_approve(&multisig, index, &member, None)?;
//! // 3. Execute, once the time lock has passed. `loaded` has the accounts of lookup tables.
//! let loaded = [];
//! let execute = instruction::vault_transaction_execute(&multisig, index, &member, message.accounts(&[vault], &loaded)?);
//! # assert_eq!((propose.len(), approve.accounts.len(), execute.accounts.len()), (2, 3, 4 + 3));
//! # Ok::<(), tidepool_squads::Error>(())
//! ```

pub mod address;
mod bytes;
mod error;
pub mod instruction;
pub mod message;
pub mod state;

pub use error::{Error, ProgramError};

use solana_address::Address;

/// Address of the program, the same on all clusters.
pub const PROGRAM_ID: Address = Address::from_str_const("SQDS4ep65T869zMMBKyuUq6aD6EgTu8psMjkvj52pCf");

/// The system program.
const SYSTEM_PROGRAM_ID: Address = Address::from_str_const("11111111111111111111111111111111");
