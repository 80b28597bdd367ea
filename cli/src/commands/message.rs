//! Messages that were made by one command and are signed or sent by another.

use {
    crate::error::CliError,
    base64::{Engine as _, prelude::BASE64_STANDARD},
    solana_address::Address,
    solana_message::{VersionedMessage, compiled_instruction::CompiledInstruction},
    std::{fmt, io, str::FromStr},
    tidepool_interface::{
        address::{
            COMPUTE_BUDGET_PROGRAM_ID, METADATA_PROGRAM_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID,
            TOKEN_PROGRAM_ID,
        },
        instruction::{ExtensionInstruction, StakePoolInstruction},
    },
};

/// Programs that are no stake pool program.
const OTHERS: [(Address, &str); 7] = [
    (SYSTEM_PROGRAM_ID, "system program"),
    (STAKE_PROGRAM_ID, "stake program"),
    (TOKEN_PROGRAM_ID, "token program"),
    (TOKEN_2022_PROGRAM_ID, "Token-2022 program"),
    (spl_associated_token_account_interface::program::ID, "associated token account program"),
    (METADATA_PROGRAM_ID, "metadata program"),
    (COMPUTE_BUDGET_PROGRAM_ID, "compute budget program"),
];

/// The name of a well-known program.
pub fn program_name(program: &Address) -> Option<&'static str> {
    OTHERS.iter().find(|(address, _)| address == program).map(|(_, name)| *name)
}

/// Where a message comes from.
#[derive(Clone, Debug, clap::Args)]
pub struct MessageArg {
    /// The message, in base64, or - to read it from standard input
    #[arg(value_name = "MESSAGE")]
    message: String,
}

impl MessageArg {
    /// Reads it.
    ///
    /// # Errors
    /// [`CliError::Usage`], [`CliError::Io`].
    pub fn read(&self) -> Result<Message, CliError> {
        let text = if self.message == "-" { io::read_to_string(io::stdin())? } else { self.message.clone() };
        text.parse().map_err(CliError::Usage)
    }
}

/// The message of a transaction.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message(pub VersionedMessage);

impl FromStr for Message {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || {
            "that is no message of a transaction: give what --sign-only or --dump-transaction-message showed".to_owned()
        };
        let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| malformed())?;
        let message: VersionedMessage = bincode::deserialize(&bytes).map_err(|_| malformed())?;
        // What follows a message would be signed without being shown.
        if message.serialize() != bytes || message.sanitize().is_err() {
            return Err(malformed());
        }
        Ok(Self(message))
    }
}

impl Message {
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

    /// What it does, for the person who signs: a line for who pays, and for each instruction.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let payer = self.signers().first().map_or_else(|| "nobody".into(), ToString::to_string);
        let mut lines = vec![("fees paid by", payer), ("signed with", self.0.recent_blockhash().to_string())];
        lines.extend(self.0.instructions().iter().map(|instruction| ("does", self.describe(instruction))));
        lines
    }

    fn program(&self, instruction: &CompiledInstruction) -> Option<Address> {
        self.0.static_account_keys().get(usize::from(instruction.program_id_index)).copied()
    }

    fn describe(&self, instruction: &CompiledInstruction) -> String {
        let Some(program) = self.program(instruction) else {
            return "an instruction of a program in a lookup table".into();
        };
        if let Some(name) = program_name(&program) {
            return format!("{name}, {} bytes: {}", instruction.data.len(), self.accounts(instruction));
        }
        let known = StakePoolInstruction::decode(&instruction.data)
            .map(|known| format!("{known:?}"))
            .or_else(|_| ExtensionInstruction::decode(&instruction.data).map(|known| format!("{known:?}")));
        let what = known.unwrap_or_else(|_| format!("{} bytes", instruction.data.len()));
        format!("{program}: {what}, on {}", self.accounts(instruction))
    }

    fn accounts(&self, instruction: &CompiledInstruction) -> String {
        let keys = self.0.static_account_keys();
        let name = |index: &u8| {
            keys.get(usize::from(*index)).map_or_else(|| "an account in a lookup table".into(), ToString::to_string)
        };
        instruction.accounts.iter().map(name).collect::<Vec<_>>().join(" ")
    }

    /// Checks that one of `keys` has to sign.
    ///
    /// # Errors
    /// [`CliError::Usage`].
    pub fn check_signs(&self, keys: &[Address]) -> Result<(), CliError> {
        if keys.iter().any(|key| self.signers().contains(key)) {
            return Ok(());
        }
        let list = |addresses: &[Address]| addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Err(CliError::usage(format!(
            "this message is to be signed by {}, and the key given is that of {}: give another with --keypair",
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

#[cfg(test)]
mod tests {
    use {super::*, solana_hash::Hash, solana_instruction::Instruction};

    fn message() -> Message {
        let program = Address::new_from_array([9; 32]);
        let instruction = Instruction::new_with_bytes(program, &[7], vec![]);
        let payer = Address::new_from_array([1; 32]);
        let message = solana_message::Message::new_with_blockhash(&[instruction], Some(&payer), &Hash::default());
        Message(VersionedMessage::Legacy(message))
    }

    #[test]
    fn a_message_travels_as_text() {
        assert_eq!(message().to_string().parse(), Ok(message()));
        assert_eq!(message().pool_program(), Some(Address::new_from_array([9; 32])));
    }

    #[test]
    fn what_is_no_message_or_more_than_one_is_refused() {
        let more = [message().0.serialize(), vec![0]].concat();
        for wrong in ["", "!", "AAAA", &BASE64_STANDARD.encode(more)] {
            assert!(wrong.parse::<Message>().unwrap_err().contains("--sign-only"), "{wrong}");
        }
    }

    #[test]
    fn another_key_is_refused() {
        let refused = message().check_signs(&[Address::new_from_array([2; 32])]).unwrap_err().to_string();
        assert!(refused.contains(&Address::new_from_array([1; 32]).to_string()), "{refused}");
        assert!(message().check_signs(&[Address::new_from_array([1; 32])]).is_ok());
    }
}
