//! Errors of this crate and of the program.

use solana_address::Address;

/// An error of encoding or decoding.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Bytes end within a value, or a value is invalid.
    #[error("invalid {what} at byte {at}")]
    Invalid {
        /// The value.
        what: &'static str,
        /// Its place, in bytes from the beginning.
        at: usize,
    },

    /// The account does not begin with the discriminator of its type.
    #[error("account is not a Squads v4 {expected}")]
    WrongAccount {
        /// The expected type.
        expected: &'static str,
    },

    /// A message has more than the format can count.
    #[error("{count} {what}, more than the {limit} of a Squads message: split the transaction")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many.
        count: usize,
        /// The limit.
        limit: usize,
    },

    /// An index of a message names none of its accounts.
    #[error("message names account {index}, and has {accounts}")]
    NoAccount {
        /// The index, from 0.
        index: u8,
        /// Accounts of the message.
        accounts: usize,
    },

    /// The accounts of a lookup table were not passed.
    #[error("missing accounts of lookup table {table}")]
    NotLoaded {
        /// The table.
        table: Address,
    },
}

macro_rules! program_errors {
    ($($code:literal $name:ident $message:literal,)*) => {
        /// An error of the Squads v4 program: its custom error code.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[non_exhaustive]
        pub enum ProgramError {
            $(#[doc = $message] $name = $code,)*
        }

        impl ProgramError {
            /// The error with this code; `None` if it is unknown.
            pub const fn from_code(code: u32) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The fault, in a few words.
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$name => $message,)*
                }
            }
        }
    };
}

program_errors! {
    6000 DuplicateMember "duplicate member",
    6001 EmptyMembers "no members",
    6002 TooManyMembers "too many members",
    6003 InvalidThreshold "threshold is zero or above the number of voters",
    6004 Unauthorized "member without this permission",
    6005 NotAMember "signer is not a member of the multisig",
    6006 InvalidTransactionMessage "invalid transaction message",
    6007 StaleProposal "stale proposal: members, threshold or time lock have changed since",
    6008 InvalidProposalStatus "proposal has another status than the instruction needs",
    6009 InvalidTransactionIndex "invalid transaction index: another transaction was created in the meantime",
    6010 AlreadyApproved "member has already approved",
    6011 AlreadyRejected "member has already rejected",
    6012 AlreadyCancelled "member has already cancelled",
    6013 InvalidNumberOfAccounts "wrong number of accounts",
    6014 InvalidAccount "invalid account",
    6015 RemoveLastMember "the last member cannot be removed",
    6016 NoVoters "no member can vote",
    6017 NoProposers "no member can propose",
    6018 NoExecutors "no member can execute",
    6019 InvalidStaleTransactionIndex "invalid stale transaction index",
    6020 NotSupportedForControlled "the multisig has a config authority, which changes it in place of proposals",
    6021 TimeLockNotReleased "time lock has not passed",
    6022 NoActions "config transaction without actions",
    6023 MissingAccount "missing account",
    6024 InvalidMint "invalid mint",
    6025 InvalidDestination "invalid destination",
    6026 SpendingLimitExceeded "spending limit exceeded",
    6027 DecimalsMismatch "decimals differ from the mint's",
    6028 UnknownPermission "unknown permission",
    6029 ProtectedAccount "the transaction writes to an account of the multisig that it must not change",
    6030 TimeLockExceedsMaxAllowed "time lock above 90 days",
    6031 IllegalAccountOwner "account of another program",
    6032 RentReclamationDisabled "the multisig has no rent collector",
    6033 InvalidRentCollector "invalid rent collector",
    6034 ProposalForAnotherMultisig "proposal of another multisig",
    6035 TransactionForAnotherMultisig "transaction of another multisig",
    6036 TransactionNotMatchingProposal "transaction of another proposal",
    6037 TransactionNotLastInBatch "not the last transaction of the batch",
    6038 BatchNotEmpty "batch still has transactions",
    6039 SpendingLimitInvalidAmount "invalid spending limit amount",
    6040 InvalidInstructionArgs "invalid instruction arguments",
    6041 FinalBufferHashMismatch "message in the buffer has another hash",
    6042 FinalBufferSizeExceeded "buffer above 4,000 bytes",
    6043 FinalBufferSizeMismatch "message in the buffer has another size",
    6044 MultisigCreateDeprecated "multisig_create is deprecated",
}
