//! From what was asked for to weights of 16 bits, with sentences about what cannot be.

use {
    super::{
        file::Entry,
        number::{Number, Setting},
    },
    crate::error::CliError,
    solana_address::Address,
    std::{
        collections::{HashMap, HashSet},
        path::Path,
    },
    tidepool_client::{
        actions::{
            weights,
            weights::{RelativeWeight, Unlisted},
        },
        error::PlanError,
        pool::PoolSnapshot,
    },
    tidepool_interface::{ExtensionError, StakePoolError},
};

/// Names that a sentence holds.
const NAMES: usize = 5;

pub enum Source<'a> {
    Equal,
    ByStake,
    File { path: &'a Path, entries: Vec<Entry> },
    Settings(&'a [Setting]),
}

struct Wanted<'a> {
    vote: Address,
    weight: &'a Number,
    line: Option<usize>,
}

impl Source<'_> {
    /// The weights of the validators that are named.
    pub fn weights(&self, snapshot: &PoolSnapshot, unlisted: Unlisted) -> Result<Vec<(Address, u16)>, CliError> {
        let (wanted, whence): (Vec<Wanted<'_>>, _) = match self {
            Self::Equal => return Ok(weights::equal(snapshot)),
            Self::ByStake => return Ok(weights::by_stake(snapshot).map_err(PlanError::from)?),
            Self::File { path, entries } => {
                let wanted = entries.iter().map(|Entry { vote, weight, place }| Wanted {
                    vote: *vote,
                    weight,
                    line: Some(place.line),
                });
                (wanted.collect(), format!("{}: ", path.display()))
            }
            Self::Settings(settings) => {
                refuse_duplicates(settings.iter().map(|setting| setting.vote))?;
                let wanted = settings.iter().map(|Setting { vote, weight }| Wanted { vote: *vote, weight, line: None });
                (wanted.collect(), String::new())
            }
        };
        check_validators(snapshot, &wanted, &whence)?;
        numbers(snapshot, &wanted, unlisted, &whence)
    }
}

fn refuse_duplicates(votes: impl Iterator<Item = Address>) -> Result<(), CliError> {
    let mut seen = HashSet::new();
    for vote in votes {
        if !seen.insert(vote) {
            return Err(CliError::usage(format!("validator {vote} has two weights: specify one --set per validator")));
        }
    }
    Ok(())
}

/// Checks that all are in the pool to stay, and names those that are not.
fn check_validators(snapshot: &PoolSnapshot, wanted: &[Wanted<'_>], whence: &str) -> Result<(), CliError> {
    let status: HashMap<Address, bool> =
        snapshot.records().iter().map(|record| (record.vote_account_address, record.is_active())).collect();
    let unknown: Vec<_> = wanted.iter().filter(|wanted| !status.contains_key(&wanted.vote)).collect();
    if !unknown.is_empty() {
        let what = format!("{whence}{} not in the pool: add it first, or omit it", names(&unknown));
        return Err(PlanError::refused(StakePoolError::ValidatorNotFound, what).into());
    }
    let leaves = |wanted: &&Wanted<'_>| status.get(&wanted.vote) == Some(&false) && !wanted.weight.relative.is_zero();
    let leaving: Vec<_> = wanted.iter().filter(leaves).collect();
    if leaving.is_empty() {
        return Ok(());
    }
    let what = format!("{whence}{} being removed from the pool: omit it, or set weight 0", names(&leaving));
    Err(PlanError::refused(ExtensionError::WeightOfRemovedValidator, what).into())
}

/// `validator A (line 3) is`, `validators A (line 3) and B (line 5) are`.
fn names(wanted: &[&Wanted<'_>]) -> String {
    let name = |wanted: &&Wanted<'_>| match wanted.line {
        Some(line) => format!("{} (line {line})", wanted.vote),
        None => wanted.vote.to_string(),
    };
    let shown: Vec<String> = wanted.iter().take(NAMES).map(name).collect();
    match (shown.as_slice(), wanted.len().saturating_sub(NAMES)) {
        ([one], _) => format!("validator {one} is"),
        ([first @ .., last], 0) => format!("validators {} and {last} are", first.join(", ")),
        (all, more) => format!("validators {} and {more} more are", all.join(", ")),
    }
}

/// Whole numbers that can be stored are stored as they are. Others are scaled, which makes sense only where they are all that
/// there is: beside weights that stay they would mean something else than what was written.
fn numbers(
    snapshot: &PoolSnapshot,
    wanted: &[Wanted<'_>],
    unlisted: Unlisted,
    whence: &str,
) -> Result<Vec<(Address, u16)>, CliError> {
    let Some(odd) = wanted.iter().find(|wanted| wanted.weight.whole.is_none()) else {
        let whole = wanted.iter().filter_map(|wanted| Some((wanted.vote, wanted.weight.whole?)));
        return Ok(whole.collect());
    };
    let named: HashSet<Address> = wanted.iter().map(|wanted| wanted.vote).collect();
    let kept = snapshot.weighted().filter(|record| !named.contains(&record.vote_account_address)).count();
    if unlisted == Unlisted::Keep && kept > 0 {
        return Err(CliError::usage(format!(
            "{whence}the weight {} of validator {} cannot be combined with the weights that {kept} other validators keep: use \
             a whole number up to 32767, or specify the weights of all validators",
            odd.weight, odd.vote
        )));
    }
    let relative: Vec<(Address, RelativeWeight)> =
        wanted.iter().map(|wanted| (wanted.vote, wanted.weight.relative)).collect();
    Ok(weights::relative(&relative).map_err(PlanError::from)?)
}
