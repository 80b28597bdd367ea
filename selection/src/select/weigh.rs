//! The weights of those chosen.

use {
    super::{
        candidates::Candidate,
        report::{Cap, millionths},
        round::{UnitCap, round},
        shares::{Capped, shares},
    },
    crate::{
        place::Problem,
        policy::{Group, Policy, Share},
    },
    std::collections::BTreeMap,
};

/// Highest weight that the program stores.
const WEIGHT_MAX: u64 = 32_767;

/// Highest sum of weights: a weight is then a share in millionths.
const MAX_TOTAL: u64 = 1_000_000;

/// Sums of weights are multiples of this, so that shares in whole basis points are whole weights.
const TOTAL_STEP: u64 = 10_000;

/// Differences between shares below this are no change of a weight.
const NOTABLE: f64 = 1e-7;

/// Weights, in the order of the candidates.
pub struct Weighed {
    pub weights: Vec<u16>,
    /// Shares by the formula alone.
    pub formula: Vec<f64>,
    pub caps: Vec<Cap>,
}

/// Validators with one value of a group that has a cap.
struct Part<'a> {
    group: &'a Group,
    value: &'a str,
    cap: Share,
    members: Vec<usize>,
}

pub fn weigh(policy: &Policy, chosen: &[Candidate]) -> Result<Weighed, Problem> {
    let highest = chosen.iter().map(|candidate| candidate.weight).fold(0.0, f64::max);
    let relative: Vec<f64> = chosen.iter().map(|candidate| candidate.weight / highest).collect();
    let sum: f64 = relative.iter().sum();
    // A share below a millionth of a millionth would be zero in the divisions to come.
    let formula: Vec<f64> = relative.iter().map(|weight| (weight / sum).max(1e-18)).collect();
    let parts = parts(policy, chosen);
    check_bounds(policy, chosen.len())?;
    check_parts(policy, &parts)?;
    let fraction = |bound: Option<(Share, _)>| bound.map(|(share, _)| share.fraction());
    let bounds = [fraction(policy.weight.minimum).unwrap_or(0.0), fraction(policy.weight.maximum).unwrap_or(1.0)];
    let capped: Vec<Capped> =
        parts.iter().map(|part| Capped { members: part.members.clone(), cap: part.cap.fraction() }).collect();
    let shares = shares(&formula, bounds, &capped).ok_or_else(|| together(policy, &parts, "the limits"))?;
    let units = units(policy, &parts, &shares).ok_or_else(|| together(policy, &parts, "whole weights"))?;
    let caps = caps(policy, chosen, &parts, &formula, &units);
    let weights = units.iter().map(|units| u16::try_from(*units).unwrap_or(u16::MAX)).collect();
    Ok(Weighed { weights, formula, caps })
}

fn parts<'a>(policy: &'a Policy, chosen: &'a [Candidate]) -> Vec<Part<'a>> {
    let mut all = vec![];
    for (index, group) in policy.groups.iter().enumerate() {
        let Some(cap) = group.maximum else { continue };
        let mut by_value: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, candidate) in chosen.iter().enumerate() {
            by_value.entry(&candidate.groups[index]).or_default().push(at);
        }
        all.extend(by_value.into_iter().map(|(value, members)| Part { group, value, cap, members }));
    }
    all
}

/// A number of shares, in percent.
fn times(count: usize, share: Share) -> String {
    let millionths = u64::from(share.millionths()).saturating_mul(count as u64);
    let text = format!("{}.{:04}", millionths / 10_000, millionths % 10_000);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

fn is_above_whole(count: usize, share: Share) -> bool {
    u64::from(share.millionths()).saturating_mul(count as u64) > u64::from(Share::WHOLE)
}

fn check_bounds(policy: &Policy, count: usize) -> Result<(), Problem> {
    if let Some((least, place)) = policy.weight.minimum.filter(|(least, _)| is_above_whole(count, *least)) {
        let most = Share::WHOLE / least.millionths();
        let what = format!(
            "{count} validators with at least {least} are {}: lower the minimum, or set count.maximum to {most}",
            times(count, least)
        );
        return Err(Problem::at(place, what));
    }
    let reaches = |most: Share| u64::from(most.millionths()).saturating_mul(count as u64) >= u64::from(Share::WHOLE);
    if let Some((most, place)) = policy.weight.maximum.filter(|(most, _)| !reaches(*most)) {
        let least = Share::WHOLE.div_ceil(most.millionths());
        let what = format!(
            "{count} validators with at most {most} are {}, not 100 %: raise the maximum, or choose at least {least} \
             validators",
            times(count, most)
        );
        return Err(Problem::at(place, what));
    }
    Ok(())
}

fn check_parts(policy: &Policy, parts: &[Part<'_>]) -> Result<(), Problem> {
    for Part { group, value, cap, members } in parts {
        let Some((least, _)) = policy.weight.minimum else { break };
        let minimums = u64::from(least.millionths()).saturating_mul(members.len() as u64);
        if minimums > u64::from(cap.millionths()) {
            let what = format!(
                "group \"{}\": {} validators with the value {value} and at least {least} are {}, above the maximum {cap}: set \
                 maximum_count to {}, or lower weight.minimum",
                group.name,
                members.len(),
                times(members.len(), least),
                cap.millionths() / least.millionths()
            );
            return Err(Problem::at(group.place, what));
        }
    }
    for group in policy.groups.iter().filter(|group| group.maximum.is_some()) {
        let values = parts.iter().filter(|part| part.group.name == group.name);
        let most = |part: &Part<'_>| {
            let alone = policy.weight.maximum.map_or(u64::from(Share::WHOLE), |(most, _)| u64::from(most.millionths()));
            alone.saturating_mul(part.members.len() as u64).min(u64::from(part.cap.millionths()))
        };
        let (count, sum) =
            values.fold((0_usize, 0_u64), |(count, sum), part| (count + 1, sum.saturating_add(most(part))));
        if sum < u64::from(Share::WHOLE) {
            let what = format!(
                "group \"{}\": its {count} values can have {}.{:04} % together, not 100 %: raise the maximum, or admit \
                 validators with other values",
                group.name,
                sum / 10_000,
                sum % 10_000
            );
            return Err(Problem::at(group.place, what));
        }
    }
    Ok(())
}

/// What to say where each limit can be met, and all together cannot.
fn together(policy: &Policy, parts: &[Part<'_>], what: &str) -> Problem {
    let mut names: Vec<&str> = parts.iter().map(|part| part.group.name.as_str()).collect();
    names.dedup();
    let place = parts.first().map(|part| part.group.place);
    let place = place.or(policy.weight.maximum.map(|(_, place)| place));
    let place =
        place.or(policy.weight.minimum.map(|(_, place)| place)).unwrap_or(crate::place::Place { line: 1, column: 1 });
    let what = format!(
        "no weights meet {what} of the groups {} together with weight.minimum and weight.maximum: raise a maximum, or admit \
         more validators",
        names.join(", ")
    );
    Problem::at(place, what)
}

/// Whole weights: the highest sum at which all of them can be stored.
fn units(policy: &Policy, parts: &[Part<'_>], shares: &[f64]) -> Option<Vec<u64>> {
    let highest = shares.iter().copied().fold(0.0, f64::max);
    // From 32,767 up.
    let steps = (WEIGHT_MAX as f64 / highest / TOTAL_STEP as f64).floor() as u64;
    let total = (steps * TOTAL_STEP).clamp(TOTAL_STEP, MAX_TOTAL);
    let least = policy.weight.minimum.map_or(0, |(least, _)| least.at_least(total)).max(1);
    let most = policy.weight.maximum.map_or(total, |(most, _)| most.at_most(total)).min(WEIGHT_MAX);
    if least > most {
        return None;
    }
    let caps: Vec<UnitCap> =
        parts.iter().map(|part| UnitCap { members: part.members.clone(), most: part.cap.at_most(total) }).collect();
    round(shares, total, [least, most], &caps)
}

/// The limits that changed weights.
fn caps(policy: &Policy, chosen: &[Candidate], parts: &[Part<'_>], formula: &[f64], units: &[u64]) -> Vec<Cap> {
    let total: u64 = units.iter().sum();
    let share = |units: u64| units as f64 / total as f64;
    let percent = |fraction: f64| Share::of_millionths(millionths(fraction)).map_or(String::new(), |s| s.to_string());
    let mut caps = vec![];
    for Part { group, value, cap, members } in parts {
        let by_formula: f64 = members.iter().map(|member| formula[*member]).sum();
        let now = share(members.iter().map(|member| units[*member]).sum());
        let room = members.len() as f64 / total as f64;
        if by_formula <= cap.fraction() + NOTABLE || now + room < cap.fraction() {
            continue;
        }
        let count = members.len();
        let who = if count == 1 { "1 validator is".into() } else { format!("{count} validators are") };
        let sentence = format!(
            "group \"{}\": {who} held at {cap} with the value {value}; by the formula they would have {}",
            group.name,
            percent(by_formula)
        );
        caps.push(cap_of(&group.name, value, count, *cap, by_formula, now, sentence));
    }
    let limits = [("weight.maximum", policy.weight.maximum), ("weight.minimum", policy.weight.minimum)];
    for (name, limit) in limits {
        let Some((limit, _)) = limit else { continue };
        for ((candidate, formula), units) in chosen.iter().zip(formula).zip(units) {
            let now = share(*units);
            let is_held = (now - limit.fraction()).abs() * (total as f64) < 1.0;
            let is_changed = if name == "weight.maximum" {
                *formula > limit.fraction() + NOTABLE
            } else {
                *formula < limit.fraction() - NOTABLE
            };
            if !is_held || !is_changed {
                continue;
            }
            let verb = if name == "weight.maximum" { "held at" } else { "raised to" };
            let (vote, by_formula) = (&candidate.name, percent(*formula));
            let sentence = format!("{name}: {vote} is {verb} {limit}; by the formula it would have {by_formula}");
            caps.push(cap_of(name, vote, 1, limit, *formula, now, sentence));
        }
    }
    caps
}

fn cap_of(
    limit: &str,
    value: &str,
    validators: usize,
    share: Share,
    by_formula: f64,
    now: f64,
    sentence: String,
) -> Cap {
    Cap {
        limit: limit.to_owned(),
        value: value.to_owned(),
        validators,
        limit_millionths: share.millionths(),
        formula_millionths: millionths(by_formula),
        millionths: millionths(now),
        sentence,
    }
}
