//! Messages that were made by one command and are signed or sent by another.

mod accounts;
mod event;
pub mod extension;
mod logs;
mod parse;
mod pool;
mod squads;
mod stake;
mod system;
mod table;
#[cfg(test)]
mod tests;
mod token;
mod value;

pub use {
    event::describe,
    logs::Decoded,
    squads::{action, member},
};

use {
    crate::{error::CliError, input, output::Line},
    accounts::{Accounts, inexplicable},
    base64::{Engine as _, prelude::BASE64_STANDARD},
    solana_address::Address,
    solana_message::{VersionedMessage, compiled_instruction::CompiledInstruction},
    std::{fmt, io},
    tidepool_interface::address::{
        COMPUTE_BUDGET_PROGRAM_ID, METADATA_PROGRAM_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID,
        TOKEN_PROGRAM_ID,
    },
    tidepool_squads::message::{LoadedAddresses, VaultMessage},
};

/// Programs that are no stake pool program.
const OTHERS: [(Address, &str); 9] = [
    (SYSTEM_PROGRAM_ID, "system program"),
    (STAKE_PROGRAM_ID, "stake program"),
    (TOKEN_PROGRAM_ID, "token program"),
    (TOKEN_2022_PROGRAM_ID, "Token-2022 program"),
    (spl_associated_token_account_interface::program::ID, "associated token account program"),
    (METADATA_PROGRAM_ID, "metadata program"),
    (COMPUTE_BUDGET_PROGRAM_ID, "compute budget program"),
    (solana_address_lookup_table_interface::program::ID, "lookup table program"),
    (tidepool_squads::PROGRAM_ID, "Squads multisig program"),
];

pub fn program_name(program: &Address) -> Option<&'static str> {
    OTHERS.iter().find(|(address, _)| address == program).map(|(_, name)| *name)
}

/// Where a message comes from.
#[derive(Clone, Debug, clap::Args)]
pub struct MessageArg {
    /// Transaction message in base64 or base58, or - to read it from standard input
    #[arg(value_name = "MESSAGE")]
    message: String,
}

impl MessageArg {
    pub fn read(&self) -> Result<Message, CliError> {
        let text = if self.message == "-" { io::read_to_string(input::stdin()?)? } else { self.message.clone() };
        text.parse().map_err(CliError::Usage)
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message(pub VersionedMessage);

impl Message {
    /// The message of a multisig's transaction, for [`Self::instructions`]. Accounts of lookup tables are named by their places there,
    /// unless the addresses are given.
    pub fn of_vault(message: &VaultMessage, loaded: Option<&[LoadedAddresses]>) -> Self {
        squads::message(message, loaded)
    }

    /// The programs that are called and are not known, in order.
    pub fn unknown_programs(&self) -> Vec<Address> {
        let programs = self.0.instructions().iter().filter_map(|instruction| self.program(instruction));
        let mut unknown: Vec<_> = programs.filter(|program| program_name(program).is_none()).collect();
        unknown.dedup();
        unknown
    }

    /// Those who have to sign, the fee payer first.
    pub fn signers(&self) -> &[Address] {
        let required = usize::from(self.0.header().num_required_signatures);
        self.0.static_account_keys().get(..required).unwrap_or_default()
    }

    /// The program of the stake pool, if there is one: the first that is no other.
    pub fn pool_program(&self) -> Option<Address> {
        let programs = self.0.instructions().iter().filter_map(|instruction| self.program(instruction));
        programs.filter(|program| program_name(program).is_none()).min_by_key(|_| 0)
    }

    /// What it does, for the person who signs: a line for who pays, and for each instruction. Data is read as that of a stake
    /// pool where it goes to `pool_program`.
    pub fn lines(&self, pool_program: Option<Address>) -> Vec<Line> {
        let mut lines = vec![("fee payer", self.payer()), ("signed with", self.0.recent_blockhash().to_string())];
        lines.extend(self.instructions(pool_program).into_iter().map(|what| ("does", what)));
        lines
    }

    pub fn payer(&self) -> String {
        self.signers().first().map_or_else(|| "none".into(), ToString::to_string)
    }

    pub fn instructions(&self, pool_program: Option<Address>) -> Vec<String> {
        self.instructions_at(pool_program, true)
    }

    /// As [`Self::instructions`]. Proposals to multisigs are opened if `opens`.
    fn instructions_at(&self, pool_program: Option<Address>, opens: bool) -> Vec<String> {
        let instructions = self.0.instructions().iter();
        let described = instructions.map(|instruction| self.describe(instruction, pool_program, opens));
        self.header_budget().into_iter().chain(described).collect()
    }

    /// The compute budget in the header of a v1 message.
    fn header_budget(&self) -> Option<String> {
        let VersionedMessage::V1(message) = &self.0 else { return None };
        Some(format!("header: {}", system::header_budget(&message.config)))
    }

    fn program(&self, instruction: &CompiledInstruction) -> Option<Address> {
        self.0.static_account_keys().get(usize::from(instruction.program_id_index)).copied()
    }

    fn describe(&self, instruction: &CompiledInstruction, pool_program: Option<Address>, opens: bool) -> String {
        let (data, accounts) = (&instruction.data, Accounts::new(&self.0, &instruction.accounts));
        let Some(program) = self.program(instruction) else {
            return format!("a program in a lookup table: {}", inexplicable(data, &accounts));
        };
        if pool_program == Some(program) {
            return match pool::instruction(data, &accounts) {
                Some(what) => format!("stake pool program {program}: {what}"),
                None => format!("stake pool program {program}: {}", inexplicable(data, &accounts)),
            };
        }
        let Some(name) = program_name(&program) else {
            let guess = pool::instruction(data, &accounts);
            let guess = guess.map(|guess| format!("if that is a stake pool program (--program-id): {guess}; else "));
            return format!("{program}: {}{}", guess.unwrap_or_default(), inexplicable(data, &accounts));
        };
        let known = match program {
            SYSTEM_PROGRAM_ID => system::instruction(data, &accounts),
            STAKE_PROGRAM_ID => stake::instruction(data, &accounts),
            TOKEN_PROGRAM_ID | TOKEN_2022_PROGRAM_ID => token::instruction(data, &accounts),
            COMPUTE_BUDGET_PROGRAM_ID => system::compute_budget(data),
            solana_address_lookup_table_interface::program::ID => table::instruction(data, &accounts),
            tidepool_squads::PROGRAM_ID if opens => squads::instruction(data, &accounts, pool_program),
            spl_associated_token_account_interface::program::ID => token::associated(data, &accounts),
            _ => None,
        };
        format!("{name}: {}", known.unwrap_or_else(|| inexplicable(data, &accounts)))
    }

    /// Checks that one of `keys` has to sign.
    pub fn check_signs(&self, keys: &[Address]) -> Result<(), CliError> {
        if keys.iter().any(|key| self.signers().contains(key)) {
            return Ok(());
        }
        let list = |addresses: &[Address]| addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Err(CliError::usage(format!(
            "this message must be signed by {}, not {}: specify another keypair with --keypair",
            list(self.signers()),
            list(keys)
        )))
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_STANDARD.encode(self.0.serialize()))
    }
}
