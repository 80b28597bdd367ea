//! `tidepool set-fee`

use {
    crate::{
        args::UpdateFirst,
        context::{Context, Fresh},
        error::CliError,
        output::Line,
        settings::{Answer, Change, ManagerArgs, instead},
        units::{ParsedFee, sol, tokens},
        unsent::Halt,
        view::fees::{PendingFee, Ratio},
    },
    serde::Serialize,
    std::str::FromStr,
    tidepool_client::{
        actions,
        cluster::Cluster,
        pool::{PoolSnapshot, StakeSelection},
    },
    tidepool_core::maths::{Fee, FutureEpoch, Lamports},
    tidepool_interface::instruction::FeeType,
};

const EXAMPLE: &str = "\
Example:
  tidepool set-fee 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA epoch 4%
  tidepool set-fee 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA sol-referral 50%";

/// One hundred SOL or pool tokens, in the smallest unit.
const HUNDRED: u64 = 100_000_000_000;

/// Set a fee of a pool, or the referrers' share of a deposit fee
///
/// Deposit fees and referral shares change at once. Epoch and withdrawal fees change after two updates in new epochs, so that
/// holders can leave before; setting one again replaces the pending fee. A withdrawal fee may rise by half of itself at a time,
/// and by 0.5 percentage points at most (from 0, to 0.15 %). Signed by the pool's manager.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    manager: ManagerArgs,

    /// Kind of fee
    #[arg(value_name = "KIND", value_enum)]
    kind: Kind,

    /// Fee, such as 5%, 1/20 or 500bps, or 0 for none; whole percent for a referral share
    #[arg(value_name = "FEE")]
    fee: FeeArgument,

    /// Allow a fee of 100 %
    #[arg(long)]
    allow_full_fee: bool,

    #[command(flatten)]
    update_first: UpdateFirst,
}

/// A kind of fee.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// Share of rewards, paid to the manager in new pool tokens
    Epoch,
    /// Share of pool tokens withdrawn as stake
    StakeWithdrawal,
    /// Share of pool tokens withdrawn as SOL
    SolWithdrawal,
    /// Share of pool tokens minted for a stake deposit
    StakeDeposit,
    /// Share of pool tokens minted for a SOL deposit
    SolDeposit,
    /// Referrer's share of the stake deposit fee
    StakeReferral,
    /// Referrer's share of the SOL deposit fee
    SolReferral,
}

/// What was given as the fee: it may be one of two notations.
#[derive(Clone, Debug)]
struct FeeArgument(String);

#[derive(Debug, Serialize)]
pub struct PoolFee {
    kind: Kind,
    /// In force.
    fee_before: Ratio,
    /// What was to follow it.
    pending_before: Option<PendingFee>,
    fee: Ratio,
    /// The first epoch in which it can be in force; `null` where it is so at once.
    from_epoch: Option<u64>,
    #[serde(skip)]
    changed: bool,
    #[serde(skip)]
    value: Fee,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Answer<PoolFee>, Halt> {
        // A fee that is wrong needs no pool to be refused.
        let fee = self.fee.of(self.kind)?;
        self.check_not_full(&fee)?;
        let fresh = self.read(context, &fee).await?;
        let snapshot = &fresh.snapshot;
        let group = actions::set_fee(snapshot, fee)?;
        let setting = PoolFee::new(snapshot, self.kind, self.kind.value(&fee));
        let change = setting.change();
        self.manager.set(context, &fresh, (setting, change), group).await
    }

    /// The pool, up to date where the fee's delay is counted from there.
    async fn read<C: Cluster>(&self, context: &Context<'_, C>, fee: &FeeType) -> Result<Fresh, Halt> {
        let read = self.manager.read(context).await?;
        if !fee.is_delayed() || !read.snapshot.is_stale() {
            return Ok(read);
        }
        // Who cannot set the fee need not update the pool.
        self.manager.key(context, &read.snapshot)?;
        context.fresh(&self.manager.pool, StakeSelection::None, self.update_first).await
    }

    /// A fee of 100 % is legal, and hardly ever meant.
    fn check_not_full(&self, fee: &FeeType) -> Result<(), CliError> {
        let value = self.kind.value(fee);
        if self.allow_full_fee || value.numerator == 0 || value.numerator < value.denominator {
            return Ok(());
        }
        let effect = match self.kind {
            Kind::Epoch => "leaves holders no rewards",
            Kind::StakeWithdrawal | Kind::SolWithdrawal => "leaves holders nothing of what they withdraw",
            Kind::StakeDeposit | Kind::SolDeposit => {
                "leaves depositors no pool token, and the program rejects the deposit"
            }
            Kind::StakeReferral | Kind::SolReferral => return Ok(()),
        };
        Err(CliError::usage(format!(
            "a fee of 100 % on {} {effect}: choose a lower fee, or allow it with --allow-full-fee",
            self.kind.base()
        )))
    }
}

impl FromStr for FeeArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<ParsedFee>() {
            Err(error) if whole_percent(text).is_none() => Err(error),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl FeeArgument {
    fn of(&self, kind: Kind) -> Result<FeeType, CliError> {
        let Self(text) = self;
        let fee = || text.parse().map(|ParsedFee(fee)| fee).map_err(CliError::Usage);
        let percent = || {
            whole_percent(text).ok_or_else(|| {
                CliError::usage(format!("invalid referral share \"{text}\": expected whole percent, such as 50%"))
            })
        };
        Ok(match kind {
            Kind::Epoch => FeeType::Epoch(fee()?),
            Kind::StakeWithdrawal => FeeType::StakeWithdrawal(fee()?),
            Kind::SolWithdrawal => FeeType::SolWithdrawal(fee()?),
            Kind::StakeDeposit => FeeType::StakeDeposit(fee()?),
            Kind::SolDeposit => FeeType::SolDeposit(fee()?),
            Kind::StakeReferral => FeeType::StakeReferral(percent()?),
            Kind::SolReferral => FeeType::SolReferral(percent()?),
        })
    }
}

/// The whole percentage that `text` is, with or without its sign.
fn whole_percent(text: &str) -> Option<u8> {
    let digits = text.strip_suffix('%').unwrap_or(text).trim();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten().filter(|percent| *percent <= 100)
}

impl Kind {
    /// What the fee is a share of.
    const fn base(self) -> &'static str {
        match self {
            Self::Epoch => "rewards",
            Self::StakeWithdrawal => "withdrawals of stake",
            Self::SolWithdrawal => "withdrawals of SOL",
            Self::StakeDeposit | Self::StakeReferral => "deposits of stake",
            Self::SolDeposit | Self::SolReferral => "deposits of SOL",
        }
    }

    fn value(self, fee: &FeeType) -> Fee {
        match *fee {
            FeeType::SolReferral(percent) | FeeType::StakeReferral(percent) => Fee::new(u64::from(percent), 100),
            FeeType::Epoch(fee)
            | FeeType::StakeWithdrawal(fee)
            | FeeType::SolDeposit(fee)
            | FeeType::StakeDeposit(fee)
            | FeeType::SolWithdrawal(fee) => fee,
        }
    }

    /// The fee in force, and what is pending for one that changes with a delay.
    fn now(self, snapshot: &PoolSnapshot) -> (Fee, Option<FutureEpoch<Fee>>) {
        let (head, terms) = (&snapshot.pool().head, &snapshot.pool().terms);
        let share = |percent: u8| Fee::new(u64::from(percent), 100);
        match self {
            Self::Epoch => (head.epoch_fee.get(), Some(terms.next_epoch_fee)),
            Self::StakeWithdrawal => (terms.stake_withdrawal_fee, Some(terms.next_stake_withdrawal_fee)),
            Self::SolWithdrawal => (terms.sol_withdrawal_fee, Some(terms.next_sol_withdrawal_fee)),
            Self::StakeDeposit => (terms.stake_deposit_fee, None),
            Self::SolDeposit => (terms.sol_deposit_fee, None),
            Self::StakeReferral => (share(terms.stake_referral_fee), None),
            Self::SolReferral => (share(terms.sol_referral_fee), None),
        }
    }
}

impl PoolFee {
    fn new(snapshot: &PoolSnapshot, kind: Kind, value: Fee) -> Self {
        let (now, next) = kind.now(snapshot);
        let pending = next.and_then(|next| next.pending()).map(|(fee, _)| fee);
        let changed = Ratio::from(pending.unwrap_or(now)).compare(&value.into()).is_ne();
        let pending_before = next.and_then(|next| PendingFee::new(snapshot, &next));
        let from_epoch = match (changed, next) {
            (true, Some(_)) => PendingFee::new(snapshot, &FutureEpoch::Two(value)).map(|pending| pending.from_epoch),
            (true, None) => None,
            (false, _) => pending_before.map(|pending| pending.from_epoch),
        };
        Self { kind, fee_before: now.into(), pending_before, fee: value.into(), from_epoch, changed, value }
    }

    /// What it comes to for those who pay it.
    fn cost(&self) -> Line {
        let share = self.value.apply(Lamports::new(HUNDRED)).map_or(HUNDRED, Lamports::get);
        match self.kind {
            Kind::Epoch => {
                ("manager receives", format!("{} of each 100 SOL of rewards, in new pool tokens", sol(share)))
            }
            Kind::StakeWithdrawal => {
                ("holders pay", format!("{} of each 100 that they withdraw as stake", tokens(share)))
            }
            Kind::SolWithdrawal => ("holders pay", format!("{} of each 100 that they withdraw as SOL", tokens(share))),
            Kind::StakeDeposit => ("depositors pay", format!("{} of each 100 that stake buys", tokens(share))),
            Kind::SolDeposit => ("depositors pay", format!("{} of each 100 that their SOL buys", tokens(share))),
            Kind::StakeReferral | Kind::SolReferral => {
                ("referrers receive", format!("{} of each 100 of the fee; the manager gets the rest", tokens(share)))
            }
        }
    }

    fn in_force(&self) -> String {
        match (self.from_epoch, self.kind) {
            (None, _) => "at once".into(),
            (Some(epoch), Kind::Epoch) => {
                format!("from epoch {epoch} on: the rewards of that epoch are the first that it is taken from")
            }
            (Some(epoch), _) => format!("from the update in epoch {epoch}, if every epoch until then has an update"),
        }
    }

    fn change(&self) -> Change {
        let (before, fee) = (self.fee_before.percent(), self.fee.percent());
        let fee = match self.from_epoch {
            Some(_) if fee != before => format!("{fee}, until then {before}"),
            _ => instead(before, fee),
        };
        let mut lines = vec![("fee", fee)];
        if let Some(pending) = self.pending_before.filter(|_| self.changed) {
            let dropped = format!("{} from epoch {} on, which was pending", pending.fee.percent(), pending.from_epoch);
            lines.push(("in place of", dropped));
        }
        if self.changed || self.from_epoch.is_some() {
            lines.push(("in force", self.in_force()));
        }
        lines.push(self.cost());
        let subject = match self.kind {
            Kind::StakeReferral | Kind::SolReferral => {
                format!("the referrers' share of the fee on {}", self.kind.base())
            }
            kind => format!("the fee on {}", kind.base()),
        };
        Change::new(subject, self.changed, lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_referrers_are_whole_percentages() {
        let referral = |text: &str| text.parse::<FeeArgument>().unwrap().of(Kind::SolReferral);
        assert_eq!(referral("50").unwrap(), FeeType::SolReferral(50));
        assert_eq!(referral("100 %").unwrap(), FeeType::SolReferral(100));
        assert_eq!(referral("0").unwrap(), FeeType::SolReferral(0));
        assert!(referral("0.5%").unwrap_err().to_string().contains("expected whole percent"));
        let fee = |text: &str| text.parse::<FeeArgument>().unwrap().of(Kind::Epoch);
        assert_eq!(fee("1/20").unwrap(), FeeType::Epoch(Fee::new(1, 20)));
        assert!(fee("50").unwrap_err().to_string().contains("invalid fee"));
        assert!("101%".parse::<FeeArgument>().unwrap_err().contains("more than 100 %"));
        assert!("lots".parse::<FeeArgument>().unwrap_err().contains("invalid fee"));
    }
}
