//! What the commands share that set something of a pool: they read it, show what was and what will be, ask, send and answer.

use {
    crate::{
        context::{Context, Fresh, Spending},
        error::CliError,
        keys::{Key, KeySource},
        output::{Landed, Line, Report, Text, write_fields, write_signatures},
        units::{address, local_time},
        unsent::Halt,
        warnings,
    },
    serde::Serialize,
    solana_address::Address,
    std::{fmt, str::FromStr},
    tidepool_client::{
        announcement::Effect,
        cluster::Cluster,
        plan::{InstructionGroup, Plan},
        pool::{PoolSnapshot, StakeSelection},
    },
};

/// The current pool. Without a terminal or `--yes`, nothing is read.
pub async fn read<C: Cluster>(context: &Context<'_, C>, pool: &Address) -> Result<Fresh, CliError> {
    context.terminal.check_consent()?;
    let snapshot = context.read_for_planning(pool, StakeSelection::None).await?;
    Ok(Fresh { snapshot, transactions: vec![] })
}

/// The pool of a manager's command, and the manager's key.
#[derive(Debug, clap::Args)]
pub struct ManagerArgs {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pub pool: Address,

    /// Keypair of the pool's manager [default: your wallet]
    #[arg(long, value_name = "KEYPAIR", display_order = 100)]
    manager: Option<KeySource>,
}

impl ManagerArgs {
    /// As [`read`].
    pub async fn read<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Fresh, CliError> {
        read(context, &self.pool).await
    }

    pub fn key<C: Cluster>(&self, context: &Context<'_, C>, snapshot: &PoolSnapshot) -> Result<Key, CliError> {
        context.manager(self.manager.as_ref(), snapshot)
    }

    /// As [`set`], signed by the manager.
    pub async fn set<C: Cluster, S>(
        &self,
        context: &Context<'_, C>,
        fresh: &Fresh,
        setting: (S, Change),
        group: InstructionGroup,
    ) -> Result<Answer<S>, Halt> {
        set(context, fresh, setting, group, || Ok(vec![self.key(context, &fresh.snapshot)?])).await
    }
}

/// What a command changes, in words.
#[derive(Debug)]
pub struct Change {
    /// The setting, such as `the policy`; `of pool …` follows.
    pub subject: String,
    pub is_changed: bool,
    /// Lamports that the fee payer pays besides fees.
    pub paid_lamports: u64,
    /// What was, what will be, and what that means.
    pub lines: Vec<Line>,
    /// The same, once it has happened.
    pub lines_when_done: Vec<Line>,
    /// Verbs before and after, in place of `Set`, for a change of the pool itself.
    pub verbs: Option<[&'static str; 2]>,
}

impl Change {
    pub fn new(subject: impl Into<String>, is_changed: bool, lines: Vec<Line>) -> Self {
        let subject = subject.into();
        Self { subject, is_changed, paid_lamports: 0, lines_when_done: lines.clone(), lines, verbs: None }
    }

    fn headline(&self, pool: &Address, is_done: bool, is_announced: bool) -> String {
        match self.verbs {
            Some(verbs) => format!("{} pool {pool}", verbs[usize::from(is_done)]),
            None if is_announced && is_done => format!("Announced a change of {} of pool {pool}", self.subject),
            None if is_announced => format!("Announce a change of {} of pool {pool}", self.subject),
            None => format!("Set {} of pool {pool}", self.subject),
        }
    }
}

/// When a change that was announced can be made.
#[derive(Clone, Copy, Debug, Serialize)]
struct Announcement {
    from_epoch: u64,
    /// Unix time in seconds.
    from_timestamp: i64,
}

/// The answer of a command that sets something.
#[derive(Debug, Serialize)]
pub struct Answer<S> {
    pool: Text<Address>,
    changed: bool,
    /// `null` unless the change was announced, not made.
    announced: Option<Announcement>,
    #[serde(flatten)]
    setting: S,
    transactions: Vec<Landed>,
    #[serde(skip)]
    change: Change,
}

impl Announcement {
    fn line(self) -> Line {
        let (epoch, time) = (self.from_epoch, local_time(self.from_timestamp));
        ("announced", format!("nothing changes yet: repeat this command from epoch {epoch} and {time} on"))
    }
}

/// Shows what `change` says, asks, sends `group` with `keys`, and answers with `setting`. Where nothing changes, nothing is sent, and
/// no key is opened.
pub async fn set<C: Cluster, S>(
    context: &Context<'_, C>,
    fresh: &Fresh,
    (setting, change): (S, Change),
    group: InstructionGroup,
    keys: impl FnOnce() -> Result<Vec<Key>, CliError>,
) -> Result<Answer<S>, Halt> {
    let snapshot = &fresh.snapshot;
    let pool = snapshot.address();
    let mut transactions = fresh.transactions.clone();
    let announced = match group.effect() {
        Effect::Announces { from_epoch, from_timestamp } if change.is_changed => {
            Some(Announcement { from_epoch, from_timestamp })
        }
        _ => None,
    };
    if change.is_changed {
        let keys = keys()?;
        let plan = Plan::one(group.label.clone(), group);
        if change.paid_lamports > 0 {
            let payer = context.fee_payer()?.pubkey();
            context.check_funds(&plan, &keys, &[Spending::new(payer, change.paid_lamports)]).await?;
        }
        let lines = change.lines.iter().cloned().chain(announced.map(Announcement::line));
        let lines: Vec<Line> = lines.chain(warnings::program(context, snapshot)).collect();
        context.confirm(&change.headline(&pool, false, announced.is_some()), &lines)?;
        transactions = fresh.and(context.send(&plan, &keys, snapshot.program_id()).await?);
    }
    let changed = change.is_changed && announced.is_none();
    Ok(Answer { pool: Text(pool), changed, announced, setting, transactions, change })
}

impl<S: Serialize> Report for Answer<S> {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        let (change, pool) = (&self.change, &self.pool.0);
        if change.is_changed {
            writeln!(f, "{}", change.headline(pool, true, self.announced.is_some()))?;
        } else {
            let subject = &change.subject;
            let subject = subject.strip_prefix("the ").map_or(subject.clone(), |rest| format!("The {rest}"));
            writeln!(f, "{subject} of pool {pool} is already set to this value: nothing was sent")?;
        }
        let lines: Vec<Line> =
            change.lines_when_done.iter().cloned().chain(self.announced.map(Announcement::line)).collect();
        write_fields(f, &lines)?;
        write_signatures(f, &self.transactions)
    }
}

/// A value, with what it was where that is another.
pub fn instead(before: impl fmt::Display, after: impl fmt::Display) -> String {
    let (before, after) = (before.to_string(), after.to_string());
    if before == after { after } else { format!("{after} (before: {before})") }
}

/// A value, or the word `none`.
pub fn or_none(value: Option<impl fmt::Display>) -> String {
    value.map_or("none".into(), |value| value.to_string())
}

/// An address, or the word `none`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Choice(pub Option<Address>);

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self(None)),
            text => address(text).map(|address| Self(Some(address))).map_err(|error| format!("{error}, or none")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_a_choice() {
        let address = Address::new_from_array([7; 32]);
        assert_eq!("none".parse(), Ok(Choice(None)));
        assert_eq!(address.to_string().parse(), Ok(Choice(Some(address))));
        assert!("nobody".parse::<Choice>().unwrap_err().contains(", or none"));
    }

    #[test]
    fn what_stays_is_said_once() {
        assert_eq!(instead("5 %", "5 %"), "5 %");
        assert_eq!(instead("5 %", "6 %"), "6 % (before: 5 %)");
    }
}
