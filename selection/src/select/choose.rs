//! Which candidates are chosen: limits of counts, and the hysteresis.

use {
    super::{
        candidates::Candidate,
        report::{Excluded, Reason},
    },
    crate::{number::show, place::Problem, policy::Policy},
    std::{
        cmp::Ordering,
        collections::{HashMap, hash_map::Entry},
    },
};

/// Takes candidates from the best down, as far as the limits of counts admit them.
///
/// Members of the pool rank higher than their value by the margin. So those who are chosen once are chosen again: with the
/// same facts they can only gain on the others, and a set of validators within its limits has none too many.
pub fn choose(
    policy: &Policy,
    mut candidates: Vec<Candidate>,
    excluded: &mut Vec<Excluded>,
) -> Result<Vec<Candidate>, Problem> {
    let margin = policy.margin.fraction();
    candidates.sort_by(|left, right| order(left, right, margin));
    let most = policy.count.maximum.unwrap_or(usize::MAX);
    let mut chosen: Vec<Candidate> = vec![];
    let mut counts: HashMap<(usize, String), usize> = HashMap::new();
    for candidate in candidates {
        let full = full_group(policy, &candidate, &counts);
        if chosen.len() < most && full.is_none() {
            for (group, value) in candidate.groups.iter().enumerate() {
                match counts.entry((group, value.clone())) {
                    Entry::Occupied(mut count) => *count.get_mut() += 1,
                    Entry::Vacant(count) => drop(count.insert(1)),
                }
            }
            chosen.push(candidate);
            continue;
        }
        let (reason, sentence) = match full {
            _ if chosen.len() >= most => (Reason::Count, below_count(policy, &candidate, chosen.last(), most)),
            Some((name, value, most)) => {
                let sentence = format!(
                    "group \"{name}\": {most} validators with the value {value} rank higher, as many as maximum_count admits"
                );
                (Reason::GroupCount, sentence)
            }
            None => continue,
        };
        if let Some(place) = candidate.always {
            let what = format!("validator {}, which always names, cannot be chosen: {sentence}", candidate.vote);
            return Err(Problem::at(place, what));
        }
        excluded.push(Excluded::of_candidate(&candidate, reason, sentence));
    }
    match policy.count.minimum {
        Some((least, place)) if chosen.len() < least => {
            let what = format!(
                "{} validators are left, fewer than {least}: loosen a rule, or lower the minimum",
                chosen.len()
            );
            Err(Problem::at(place, what))
        }
        _ => {
            chosen.sort_by(|left, right| left.name.cmp(&right.name));
            Ok(chosen)
        }
    }
}

/// The rank value with the margin of members.
fn advanced(candidate: &Candidate, margin: f64) -> f64 {
    let value = candidate.rank_value;
    if candidate.is_member { value + margin * value.abs() } else { value }
}

fn order(left: &Candidate, right: &Candidate, margin: f64) -> Ordering {
    let first = right.always.is_some().cmp(&left.always.is_some());
    let by_value = || advanced(right, margin).total_cmp(&advanced(left, margin));
    // Where a new validator equals a member's value with the margin, it is not better by more than the margin.
    let by_membership = || right.is_member.cmp(&left.is_member);
    first.then_with(by_value).then_with(by_membership).then_with(|| left.name.cmp(&right.name))
}

/// A group of the candidate that has as many validators as it can have: its name, the value, the number.
fn full_group<'a>(
    policy: &'a Policy,
    candidate: &'a Candidate,
    counts: &HashMap<(usize, String), usize>,
) -> Option<(&'a str, &'a str, usize)> {
    policy.groups.iter().zip(&candidate.groups).enumerate().find_map(|(index, (group, value))| {
        let most = group.maximum_count?;
        let count = counts.get(&(index, value.clone())).copied().unwrap_or(0);
        (count >= most).then_some((group.name.as_str(), value.as_str(), most))
    })
}

fn below_count(policy: &Policy, candidate: &Candidate, last: Option<&Candidate>, most: usize) -> String {
    let value = show(candidate.rank_value);
    match last {
        Some(last) if last.always.is_none() && last.is_member && candidate.rank_value >= last.rank_value => format!(
            "its rank value {value} is not more than {} above {}, that of {}, the last of {most} (count.maximum), which is \
             in the pool",
            policy.margin,
            show(last.rank_value),
            last.vote,
        ),
        Some(last) if last.always.is_none() => format!(
            "it ranks below the {most} validators that count.maximum admits: its rank value is {value}, that of the last one {}",
            show(last.rank_value)
        ),
        _ => format!("always names the {most} validators that count.maximum admits"),
    }
}
