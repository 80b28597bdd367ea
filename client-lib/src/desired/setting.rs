//! The settings of a pool that a file can name, and what kind of value each has.

use {solana_address::Address, std::fmt};

/// Kind of a value, which says how it is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// An address.
    Address,
    /// An address, or `none`.
    Choice,
    /// A fee: `5%`, `1/20`, `25bps`, or `0`.
    Fee,
    /// Whole percent: `50%`.
    Percent,
    /// A share in basis points: `2.5%`.
    Share,
    /// A share, or `none`; `none` is another value than 0.
    Bound,
    /// A share, or `none`, which is 0.
    Guard,
    /// Lamports, as a decimal number of SOL.
    Sol,
    /// Pool tokens in the smallest unit, as a decimal number of whole ones.
    Tokens,
    /// A whole number of at most this.
    Count(u16),
    /// Seconds, as a time: `4d`, `36h`.
    Time,
    /// Hundredths of an epoch, as a decimal number of epochs.
    Epochs,
    /// `true` or `false`.
    Flag,
    /// A text.
    Text,
    /// The weight of a validator; `none` for one that is not in the pool.
    Weight,
}

macro_rules! settings {
    ($($section:literal { $($name:ident $key:literal $kind:expr, $about:literal;)* })*) => {
        /// A setting of a pool.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Setting {
            $($(#[doc = $about] $name,)*)*
        }

        impl Setting {
            /// All settings, in the order of a file.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];

            /// The section of a file that it is in.
            pub const fn section(self) -> &'static str {
                match self {
                    $($(Self::$name)|* => $section,)*
                }
            }

            /// Its key in the section.
            pub const fn key(self) -> &'static str {
                match self {
                    $($(Self::$name => $key,)*)*
                }
            }

            /// The kind of its value.
            pub const fn kind(self) -> Kind {
                match self {
                    $($(Self::$name => $kind,)*)*
                }
            }

            /// What it is, with its unit, for a comment in a file.
            pub const fn about(self) -> &'static str {
                match self {
                    $($(Self::$name => $about,)*)*
                }
            }
        }
    };
}

settings! {
    "authorities" {
        Manager "manager" Kind::Address, "sets fees, authorities, limits and policies";
        FeeAccount "fee_account" Kind::Address, "token account that receives the fees";
        Staker "staker" Kind::Address, "adds and removes validators, sets their weights";
        StakeDepositAuthority "stake_deposit" Kind::Choice, "must sign stake deposits; none: permissionless";
        SolDepositAuthority "sol_deposit" Kind::Choice, "must sign SOL deposits; none: permissionless";
        SolWithdrawAuthority "sol_withdraw" Kind::Choice, "must sign SOL withdrawals; none: permissionless";
    }
    "fees" {
        EpochFee "epoch" Kind::Fee, "share of rewards, for the manager";
        StakeWithdrawalFee "stake_withdrawal" Kind::Fee, "share of pool tokens withdrawn as stake";
        SolWithdrawalFee "sol_withdrawal" Kind::Fee, "share of pool tokens withdrawn as SOL";
        StakeDepositFee "stake_deposit" Kind::Fee, "share of pool tokens minted for a stake deposit";
        SolDepositFee "sol_deposit" Kind::Fee, "share of pool tokens minted for a SOL deposit";
        StakeReferralFee "stake_referral" Kind::Percent, "referrer's share of the stake deposit fee, whole percent";
        SolReferralFee "sol_referral" Kind::Percent, "referrer's share of the SOL deposit fee, whole percent";
    }
    "metadata" {
        TokenName "name" Kind::Text, "name of the pool token, at most 32 bytes";
        TokenSymbol "symbol" Kind::Text, "symbol of the pool token, at most 10 bytes";
        TokenUri "uri" Kind::Text, "URI of a JSON file with description and image, at most 200 bytes";
    }
    "policy" {
        ReserveShare "reserve_share" Kind::Share, "reserve target, as a share of the pool; at most 50%";
        ReserveFloor "reserve_floor" Kind::Sol, "minimum reserve target, in SOL";
        Threshold "threshold" Kind::Sol, "deviation from target up to which no stake moves, in SOL";
        TurnoverBudget "turnover_budget" Kind::Share, "share of the pool that may be deactivated in an epoch; 100%: no bound";
        ValidatorCap "validator_cap" Kind::Share, "share of the pool that one validator is delegated at most; 100%: no bound";
        ReserveRents "reserve_rents" Kind::Count(u8::MAX as u16), "stake account rents kept in the reserve, a number";
    }
    "limits" {
        MaxEpochFee "max_epoch_fee" Kind::Bound, "ceiling of the fee on rewards";
        MaxSolDepositFee "max_sol_deposit_fee" Kind::Bound, "ceiling of the fee on SOL deposits";
        MaxStakeDepositFee "max_stake_deposit_fee" Kind::Bound, "ceiling of the fee on stake deposits";
        MaxSolWithdrawalFee "max_sol_withdrawal_fee" Kind::Bound, "ceiling of the fee on SOL withdrawals";
        MaxStakeWithdrawalFee "max_stake_withdrawal_fee" Kind::Bound, "ceiling of the fee on stake withdrawals";
        SupplyFloor "supply_floor" Kind::Tokens, "supply that a deposit must leave, in pool tokens";
        NoticeEpochs "notice_epochs" Kind::Count(u16::MAX), "epochs between announcement and change";
        NoticeTime "notice_time" Kind::Time, "time between them, such as 4d or 36h; both parts have to pass";
        GrowthCharge "growth_charge" Kind::Epochs, "charge on SOL deposits for all holders, in epochs of growth";
        MaxRise "max_rise" Kind::Guard, "rate guard: highest rise of the exchange rate in an epoch";
        MaxFall "max_fall" Kind::Guard, "rate guard: highest fall of the exchange rate in an epoch";
        HaltEpochs "halt_epochs" Kind::Count(u8::MAX as u16), "rate guard: epochs for which it halts deposits and SOL withdrawals";
        CloseWithoutNotice "close_without_notice" Kind::Flag, "whether a deposit authority can be set without notice";
        Guardian "guardian" Kind::Choice, "can withdraw announcements and nothing else";
    }
    "demotion" {
        MaxCommission "max_commission" Kind::Bound, "highest commission on inflation rewards";
        MaxBlockCommission "max_block_commission" Kind::Bound, "highest commission on block revenue";
        EpochsWithoutCredits "epochs_without_credits" Kind::Count(u8::MAX as u16), "complete epochs without vote credits; 0: no rule";
        RequireBlsKey "require_bls_key" Kind::Flag, "whether a validator needs a BLS key";
        Cooldown "cooldown" Kind::Count(u16::MAX), "epochs after a demotion in which the staker cannot reinstate the validator";
        MaxValidators "max_validators" Kind::Count(u16::MAX), "most demotions in an epoch; 0: none";
        MaxStake "max_stake" Kind::Share, "share of the pool that can be demoted in an epoch";
    }
    "preferred" {
        PreferredDeposit "deposit" Kind::Choice, "the only validator whose stake can be deposited, or none";
        PreferredWithdraw "withdraw" Kind::Choice, "validator from which stake is withdrawn first, or none";
    }
}

/// The section of a file that has the weights.
pub const VALIDATORS: &str = "validators";

/// A part of a pool that a file can name: a setting, or a validator with its weight.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Part {
    /// A setting.
    Setting(Setting),
    /// The validator with this vote account.
    Validator(Address),
}

impl Part {
    /// The kind of its value.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Setting(setting) => setting.kind(),
            Self::Validator(_) => Kind::Weight,
        }
    }

    /// Reads what [`fmt::Display`] writes; `None` for another text.
    pub fn parse(text: &str) -> Option<Self> {
        let (section, key) = text.split_once('.')?;
        if section == VALIDATORS {
            return key.parse().ok().map(Self::Validator);
        }
        Setting::of(section, key).map(Self::Setting)
    }
}

impl Setting {
    /// The setting of that section and key.
    pub fn of(section: &str, key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|setting| setting.section() == section && setting.key() == key)
    }
}

/// `fees.epoch`, or `validators.VOTE_ACCOUNT`.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(setting) => write!(f, "{}.{}", setting.section(), setting.key()),
            Self::Validator(vote) => write!(f, "{VALIDATORS}.{vote}"),
        }
    }
}
