//! Explains transaction errors: their meaning, and what to do.

use {
    super::{Cause, Sol},
    num_traits::FromPrimitive as _,
    solana_address::Address,
    solana_instruction::error::InstructionError,
    solana_stake_interface::error::StakeError,
    solana_system_interface::error::SystemError,
    solana_transaction_error::TransactionError,
    spl_token_2022_interface::error::TokenError,
    std::fmt,
    tidepool_interface::{
        ExtensionError, StakePoolError,
        address::{METADATA_PROGRAM_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
    },
};

/// A failed transaction.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// The cluster's error.
    pub error: &'a TransactionError,
    /// The program of each instruction, in order.
    pub programs: &'a [Address],
    /// The transaction's logs, if known: they show which called program failed.
    pub logs: &'a [String],
    /// The pool's program.
    pub stake_pool_program: Address,
    /// The fee payer, if known.
    pub payer: Option<Address>,
    /// The account below its rent-exempt minimum, for errors about rent.
    pub below_rent: Option<BelowRent>,
}

/// An account that a transaction would leave below its rent-exempt minimum.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BelowRent {
    /// The account.
    pub account: Address,
    /// Its present lamports, and the rent-exempt minimum for its length; `None` if the cluster does not return them.
    pub lamports: Option<(u64, u64)>,
}

impl fmt::Display for BelowRent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "account {} ", self.account)?;
        match self.lamports {
            Some((held, minimum)) => {
                let (held, minimum) = (Sol(held), Sol(minimum));
                write!(f, "holds {held}, and would keep less than {minimum}, its rent-exempt minimum")?;
            }
            None => f.write_str("would keep less than its rent-exempt minimum")?,
        }
        f.write_str(": fund it, use a smaller amount, or withdraw its whole balance")
    }
}

/// A program that can fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FailedProgram {
    /// The stake pool program.
    StakePool,
    /// The stake program.
    Stake,
    /// SPL Token or Token-2022.
    Token,
    /// The system program.
    System,
    /// The associated token account program.
    AssociatedToken,
    /// The Metaplex token metadata program.
    Metadata,
    /// The Squads multisig program.
    Multisig,
    /// Another program.
    Other(Address),
}

impl FailedProgram {
    fn of(id: Address, stake_pool_program: Address) -> Self {
        match id {
            id if id == stake_pool_program => Self::StakePool,
            STAKE_PROGRAM_ID => Self::Stake,
            TOKEN_PROGRAM_ID | TOKEN_2022_PROGRAM_ID => Self::Token,
            SYSTEM_PROGRAM_ID => Self::System,
            METADATA_PROGRAM_ID => Self::Metadata,
            tidepool_squads::PROGRAM_ID => Self::Multisig,
            id if id == spl_associated_token_account_interface::program::ID => Self::AssociatedToken,
            id => Self::Other(id),
        }
    }
}

impl fmt::Display for FailedProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StakePool => f.write_str("the stake pool program"),
            Self::Stake => f.write_str("the stake program"),
            Self::Token => f.write_str("the token program"),
            Self::System => f.write_str("the system program"),
            Self::AssociatedToken => f.write_str("the associated token account program"),
            Self::Metadata => f.write_str("the token metadata program"),
            Self::Multisig => f.write_str("the multisig program"),
            Self::Other(id) => write!(f, "program {id}"),
        }
    }
}

/// Explanation of an error.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Explanation {
    /// Index of the failed instruction, from 0; `None` for an error of the whole transaction.
    pub instruction: Option<usize>,
    /// The program in which it failed, if known.
    pub program: Option<FailedProgram>,
    /// The error of the pool's program, the stake program or the runtime; `None` for another program's.
    pub cause: Option<Cause>,
    /// The error's name.
    pub name: String,
    /// Its meaning and what to do, in one sentence.
    pub message: String,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.message.trim_end_matches('.');
        match (self.instruction, self.program) {
            (Some(index), Some(program)) => {
                write!(f, "instruction {} failed in {program}: {message} ({})", index.saturating_add(1), self.name)
            }
            _ => write!(f, "{message} ({})", self.name),
        }
    }
}

/// Explains a failure.
pub fn explain(failure: &Failure) -> Explanation {
    match failure.error {
        TransactionError::InstructionError(index, error) => {
            let index = usize::from(*index);
            let program = innermost_failed_program(failure.logs)
                .or_else(|| failure.programs.get(index).copied())
                .map(|id| FailedProgram::of(id, failure.stake_pool_program));
            let (name, message) = explain_instruction(program, error);
            Explanation { instruction: Some(index), program, cause: cause(program, error), name, message }
        }
        error => Explanation {
            instruction: None,
            program: None,
            cause: None,
            name: variant_name(error),
            message: explain_transaction(error, failure),
        },
    }
}

/// The first program that failed by the logs: callers fail after the programs that they called.
fn innermost_failed_program(logs: &[String]) -> Option<Address> {
    logs.iter().find_map(|line| {
        let (id, rest) = line.strip_prefix("Program ")?.split_once(' ')?;
        rest.starts_with("failed").then(|| id.parse().ok()).flatten()
    })
}

/// The typed error; `None` for a code of another program.
fn cause(program: Option<FailedProgram>, error: &InstructionError) -> Option<Cause> {
    let InstructionError::Custom(code) = error else { return Some(error.clone().into()) };
    match program? {
        FailedProgram::StakePool => StakePoolError::from_code(*code)
            .map(Cause::from)
            .or_else(|| ExtensionError::from_code(*code).map(Cause::from)),
        FailedProgram::Stake => StakeError::from_u32(*code).map(Cause::from),
        _ => None,
    }
}

fn variant_name(error: &impl fmt::Debug) -> String {
    let text = format!("{error:?}");
    text.split(['(', ' ', '{']).next().unwrap_or_default().to_owned()
}

fn explain_instruction(program: Option<FailedProgram>, error: &InstructionError) -> (String, String) {
    let InstructionError::Custom(code) = error else {
        return (variant_name(error), explain_plain(program, error));
    };
    let known = match program {
        Some(FailedProgram::StakePool) => {
            let message = |error| match error {
                // Plans refuse a stale pool: this one became stale after the plan was made.
                StakePoolError::StakeListAndPoolOutOfDate => {
                    "A new epoch has begun since the pool was read: repeat the command, which updates the pool first."
                }
                error => error.message(),
            };
            let of_contract = StakePoolError::from_code(*code).map(|error| (format!("{error:?}"), message(error)));
            let of_extension = || ExtensionError::from_code(*code).map(|error| (format!("{error:?}"), error.message()));
            of_contract.or_else(of_extension).map(|(name, message)| (name, message.to_owned()))
        }
        Some(FailedProgram::Stake) => {
            StakeError::from_u32(*code).map(|error| (format!("{error:?}"), stake_message(&error)))
        }
        Some(FailedProgram::Token) => {
            TokenError::try_from(*code).ok().map(|error| (format!("{error:?}"), token_message(&error)))
        }
        Some(FailedProgram::System) => {
            SystemError::try_from(*code).ok().map(|error| (format!("{error:?}"), system_message(&error)))
        }
        Some(FailedProgram::AssociatedToken) => (*code == 0).then(|| {
            let message = "The associated token account is owned by another wallet than the one its address is derived from: \
                           specify another token account.";
            ("InvalidOwner".to_owned(), message.to_owned())
        }),
        Some(FailedProgram::Multisig) => tidepool_squads::ProgramError::from_code(*code)
            .map(|error| (format!("{error:?}"), format!("The multisig program refuses it: {}.", error.message()))),
        Some(FailedProgram::Metadata) => {
            metadata_error(*code).map(|(name, message)| (name.to_owned(), message.to_owned()))
        }
        _ => None,
    };
    known.unwrap_or_else(|| {
        let message = format!("The program returned its error {code}: look it up in its documentation.");
        (format!("Custom({code})"), message)
    })
}

fn stake_message(error: &StakeError) -> String {
    match error {
        StakeError::LockupInForce => "The stake account is locked: wait until its lockup ends, or use its custodian.",
        StakeError::MergeTransientStake => {
            "Activating or deactivating stake cannot be merged: wait for the next epoch, or update without merging."
        }
        StakeError::MergeMismatch => {
            "The stake accounts cannot be merged: their authorities, lockups, validators or activation states differ."
        }
        StakeError::InsufficientDelegation => "The amount is below the minimum delegation: move or withdraw more.",
        StakeError::InsufficientStake => "The split amount exceeds the delegation: use a smaller amount.",
        StakeError::EpochRewardsActive => "Epoch rewards are being distributed: retry after a few slots.",
        other => return format!("The stake program failed: {other}."),
    }
    .to_owned()
}

fn token_message(error: &TokenError) -> String {
    match error {
        TokenError::InsufficientFunds => "The token account holds fewer tokens than that: use a smaller amount.",
        TokenError::OwnerMismatch => {
            "The signer is neither owner nor delegate of the token account: sign with its owner."
        }
        TokenError::MintMismatch => "The token account is of another mint: use a token account of the pool's mint.",
        TokenError::AccountFrozen => "The token account is frozen: ask the mint's freeze authority to thaw it.",
        TokenError::CpiGuardBurnBlocked | TokenError::CpiGuardTransferBlocked => {
            "The token account's CPI guard blocks this: approve a delegate, or disable the guard."
        }
        other => return format!("The token program failed: {other}."),
    }
    .to_owned()
}

fn system_message(error: &SystemError) -> String {
    match error {
        SystemError::AccountAlreadyInUse => "An account to create already exists: use another address or seed.",
        SystemError::ResultWithNegativeLamports => "Insufficient funds of the paying wallet: fund it first.",
        other => return format!("The system program failed: {other}."),
    }
    .to_owned()
}

/// Errors of the metadata program that apply to a pool token.
const fn metadata_error(code: u32) -> Option<(&'static str, &'static str)> {
    Some(match code {
        11 => ("NameTooLong", "The token's name is too long: use at most 32 bytes."),
        12 => ("SymbolTooLong", "The token's symbol is too long: use at most 10 bytes."),
        13 => ("UriTooLong", "The token's URI is too long: use at most 200 bytes."),
        153 => {
            ("InstructionNotSupported", "The metadata program does not support Token-2022 mints with this instruction.")
        }
        _ => return None,
    })
}

/// Errors without a custom code, with their meaning for stake pool instructions.
fn explain_plain(program: Option<FailedProgram>, error: &InstructionError) -> String {
    let in_pool = program == Some(FailedProgram::StakePool);
    match error {
        InstructionError::InsufficientFunds if in_pool => {
            "The reserve or the validator stake account has insufficient lamports: use a smaller amount."
        }
        InstructionError::InsufficientFunds => "An account has insufficient lamports: use a smaller amount.",
        InstructionError::InvalidSeeds if in_pool => {
            "The validator has transient stake under another seed: use the seed of its record."
        }
        InstructionError::IllegalOwner if program == Some(FailedProgram::AssociatedToken) => {
            "The address of the associated token account is used by another program: specify another token account."
        }
        InstructionError::BorshIoError if in_pool => {
            "The pool account is too short for the setting, or an account is malformed: extend the pool first, or check the \
             addresses."
        }
        InstructionError::AccountNotRentExempt => {
            "An account would fall below the rent-exempt minimum, or the amount is below the minimum delegation: use a larger \
             amount."
        }
        InstructionError::AccountDataTooSmall if in_pool => {
            "The validator list is full or shorter than expected: read the pool again."
        }
        InstructionError::ComputationalBudgetExceeded | InstructionError::ProgramFailedToComplete => {
            "The instruction ran out of compute units: raise the limit, or do less per transaction."
        }
        InstructionError::IncorrectProgramId => "An account is owned by an unexpected program: check the addresses.",
        InstructionError::BorshIoError | InstructionError::InvalidInstructionData => {
            "The program rejected the instruction data or an account: check the program's version and the addresses."
        }
        InstructionError::MissingRequiredSignature => "A required signature is missing: add the signer.",
        other => return format!("The instruction failed: {other}."),
    }
    .to_owned()
}

fn explain_transaction(error: &TransactionError, failure: &Failure) -> String {
    let payer = failure.payer.map_or_else(|| "The fee payer".to_owned(), |payer| format!("The fee payer {payer}"));
    match error {
        TransactionError::BlockhashNotFound => "Blockhash expired or unknown to the node: sign again with a new one.",
        TransactionError::AlreadyProcessed => "This transaction has already been processed: check its result.",
        TransactionError::InsufficientFundsForFee => {
            return format!("{payer} has insufficient funds for the fee: fund it, or use another fee payer.");
        }
        TransactionError::InsufficientFundsForRent { .. } => match failure.below_rent {
            Some(below) => return below.to_string().replacen("account", "Account", 1),
            None => "An account would fall below the rent-exempt minimum: fund it, or withdraw its whole balance.",
        },
        TransactionError::AccountNotFound => {
            return format!("{payer} does not exist on this cluster: fund it, or check the URL.");
        }
        TransactionError::ProgramAccountNotFound => {
            "The program does not exist on this cluster: check the program ID and the URL."
        }
        TransactionError::MaxLoadedAccountsDataSizeExceeded => {
            "Its accounts have more data than its limit: omit --blockhash and --nonce, or repeat the command."
        }
        other => return format!("The transaction failed: {other}."),
    }
    .to_owned()
}
