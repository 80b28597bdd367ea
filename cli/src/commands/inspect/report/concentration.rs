//! How a pool's stake is spread over its validators.

use {
    super::validators::Validator, crate::units::Share, serde::Serialize, std::collections::BTreeMap,
    tidepool_core::rebalance::BASIS_POINTS,
};

/// Upper bounds of commissions, in basis points, and the names of the buckets.
const BUCKETS: [(u16, &str); 5] =
    [(0, "0 %"), (500, "above 0 to 5 %"), (1_000, "above 5 to 10 %"), (9_999, "above 10 %"), (BASIS_POINTS, "100 %")];

/// The bucket of validators whose vote account cannot be read.
const UNKNOWN: &str = "unknown";

/// Figures of concentration. All are of the lamports with validators, transient stake included, without the reserve.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Concentration {
    /// 0 if all validators have the same stake, near 1 if one has nearly all; `null` without stake.
    pub gini: Option<f64>,
    /// The fewest validators that have more than a third of the stake together; `null` without stake.
    pub validators_above_a_third: Option<usize>,
    pub largest_share_basis_points: Option<u16>,
    /// By commission on inflation rewards; buckets without validators are left out.
    pub by_commission: Vec<Part>,
    /// By the groups of a file; empty without one.
    pub by_group: Vec<Part>,
}

/// A part of the stake.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Part {
    pub name: String,
    pub validator_count: usize,
    pub lamports: u64,
    pub share_basis_points: u16,
}

impl Concentration {
    pub fn of(validators: &[Validator]) -> Self {
        let mut stakes: Vec<u64> = validators.iter().map(|validator| validator.stake_lamports).collect();
        stakes.sort_unstable();
        let whole = sum(&stakes);
        let largest = stakes.last().map(|largest| Share::of(*largest, whole).0);
        Self {
            gini: gini(&stakes),
            validators_above_a_third: above_a_third(&stakes),
            largest_share_basis_points: largest.filter(|_| whole > 0),
            by_commission: by_commission(validators, whole),
            by_group: by_group(validators, whole),
        }
    }
}

fn sum(stakes: &[u64]) -> u64 {
    stakes.iter().fold(0, |sum, stake| sum.saturating_add(*stake))
}

/// The Gini coefficient of stakes in ascending order.
fn gini(ascending: &[u64]) -> Option<f64> {
    let (count, whole) = (ascending.len() as f64, ascending.iter().map(|stake| *stake as f64).sum::<f64>());
    let ranked: f64 = ascending.iter().zip(1..).map(|(stake, rank)| f64::from(rank) * *stake as f64).sum();
    (whole > 0.0).then(|| (2.0 * ranked / (count * whole) - (count + 1.0) / count).max(0.0))
}

fn above_a_third(ascending: &[u64]) -> Option<usize> {
    let whole = u128::from(sum(ascending));
    let mut held = 0;
    let largest_first = ascending.iter().rev().zip(1..);
    let reached = |(stake, count): (&u64, usize)| {
        held += u128::from(*stake);
        (held * 3 > whole).then_some(count)
    };
    if whole == 0 { None } else { largest_first.into_iter().find_map(reached) }
}

fn by_commission(validators: &[Validator], whole: u64) -> Vec<Part> {
    let name = |validator: &Validator| {
        let points = validator.inflation_commission_basis_points;
        let bucket = points.and_then(|points| BUCKETS.iter().find(|(bound, _)| points <= *bound));
        bucket.map_or(UNKNOWN, |(_, name)| name)
    };
    let names = BUCKETS.iter().map(|(_, name)| *name).chain([UNKNOWN]);
    let parts = names.map(|bucket| {
        let of_bucket = validators.iter().filter(|validator| name(validator) == bucket);
        part(bucket.to_owned(), &of_bucket.collect::<Vec<_>>(), whole)
    });
    parts.filter(|part| part.validator_count > 0).collect()
}

fn by_group(validators: &[Validator], whole: u64) -> Vec<Part> {
    if validators.iter().all(|validator| validator.group.is_none()) {
        return vec![];
    }
    let mut groups: BTreeMap<&str, Vec<&Validator>> = BTreeMap::new();
    for validator in validators {
        groups.entry(validator.group.as_deref().unwrap_or("no group")).or_default().push(validator);
    }
    let mut parts: Vec<_> = groups.into_iter().map(|(name, members)| part(name.to_owned(), &members, whole)).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.lamports));
    parts
}

fn part(name: String, members: &[&Validator], whole: u64) -> Part {
    let lamports = members.iter().fold(0, |sum: u64, member| sum.saturating_add(member.stake_lamports));
    Part { name, validator_count: members.len(), lamports, share_basis_points: Share::of(lamports, whole).0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gini_is_zero_for_equal_stakes_and_near_one_for_a_single_large_one() {
        assert_eq!(gini(&[5, 5, 5, 5]), Some(0.0));
        let [skewed, known] =
            [[0, 0, 0, 0, 0, 0, 0, 0, 0, 10].as_slice(), &[1, 2, 3, 4]].map(|stakes| gini(stakes).unwrap());
        assert!((skewed - 0.9).abs() < 1e-12 && (known - 0.25).abs() < 1e-12, "{skewed} {known}");
        assert_eq!((gini(&[]), gini(&[0, 0])), (None, None));
    }

    #[test]
    fn a_third_has_to_be_exceeded() {
        assert_eq!(above_a_third(&[1, 1, 1]), Some(2));
        assert_eq!(above_a_third(&[10, 10, 41]), Some(1));
        assert_eq!(above_a_third(&[1; 9]), Some(4));
        assert_eq!(above_a_third(&[u64::MAX]), Some(1));
        assert_eq!((above_a_third(&[]), above_a_third(&[0])), (None, None));
    }

    #[test]
    fn stake_is_counted_once_by_commission_and_by_group() {
        let validator = |lamports, commission, group: Option<&str>| Validator {
            stake_lamports: lamports,
            inflation_commission_basis_points: commission,
            group: group.map(str::to_owned),
            ..Validator::default()
        };
        let validators = [
            validator(40, Some(0), Some("b")),
            validator(30, Some(500), None),
            validator(20, Some(501), Some("a")),
            validator(10, None, Some("a")),
        ];
        let found = Concentration::of(&validators);
        let parts = |parts: &[Part]| {
            let row = |part: &Part| (part.name.clone(), part.validator_count, part.lamports, part.share_basis_points);
            parts.iter().map(row).collect::<Vec<_>>()
        };
        let row = |name: &str, count, lamports, share| (name.to_owned(), count, lamports, share);
        assert_eq!(
            parts(&found.by_commission),
            [
                row("0 %", 1, 40, 4_000),
                row("above 0 to 5 %", 1, 30, 3_000),
                row("above 5 to 10 %", 1, 20, 2_000),
                row("unknown", 1, 10, 1_000)
            ]
        );
        let expected = [row("b", 1, 40, 4_000), row("a", 2, 30, 3_000), row("no group", 1, 30, 3_000)];
        assert_eq!(parts(&found.by_group), expected);
        assert_eq!((found.largest_share_basis_points, found.validators_above_a_third), (Some(4_000), Some(1)));
    }
}
