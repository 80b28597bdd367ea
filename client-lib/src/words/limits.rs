//! Limits and demotion policies of extended pools, in words.

use {
    crate::units::{Share, tokens},
    tidepool_interface::state::{Ceiling, DemotionPolicy, Limits},
};

/// `1 epoch`, `2 epochs`.
pub fn epochs(count: u64) -> String {
    if count == 1 { "1 epoch".into() } else { format!("{count} epochs") }
}

/// A number of seconds in the largest unit that divides it.
pub fn seconds(count: u32) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let (length, unit) = units.into_iter().find(|(length, _)| count.is_multiple_of(*length)).unwrap_or((1, "second"));
    let count = count / length;
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

/// Each limit that is set, with its name.
pub fn limit_rows(limits: &Limits) -> Vec<(&'static str, String)> {
    all_limit_rows(limits).into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
}

/// All limits, each with its name; `None` for one that is not set.
pub fn all_limit_rows(limits: &Limits) -> [(&'static str, Option<String>); 11] {
    let ceiling = |ceiling: Ceiling| ceiling.get().map(|points| format!("at most {}", Share(points)));
    let set = |is_set: bool, text: String| is_set.then_some(text);
    let ceilings = &limits.ceilings;
    let notice = [
        set(limits.notice_epochs.get() > 0, epochs(limits.notice_epochs.get().into())),
        set(limits.notice_seconds.get() > 0, seconds(limits.notice_seconds.get())),
    ];
    let notice: Vec<_> = notice.into_iter().flatten().collect();
    let guard = [("rise", limits.rate_guard_up.get()), ("fall", limits.rate_guard_down.get())];
    let guard: Vec<_> = guard
        .into_iter()
        .filter(|(_, bound)| *bound > 0)
        .map(|(way, bound)| format!("{way} of {}", Share(bound)))
        .collect();
    let halt = epochs(limits.guard_epochs.into());
    [
        ("fee on rewards", ceiling(ceilings.epoch)),
        ("fee on SOL deposits", ceiling(ceilings.sol_deposit)),
        ("fee on stake deposits", ceiling(ceilings.stake_deposit)),
        ("fee on SOL withdrawals", ceiling(ceilings.sol_withdrawal)),
        ("fee on stake withdrawals", ceiling(ceilings.stake_withdrawal)),
        (
            "supply after a deposit",
            set(limits.supply_floor.get() > 0, format!("at least {}", tokens(limits.supply_floor.get()))),
        ),
        ("notice of changes", set(limits.has_notice(), notice.join(" and "))),
        ("growth charge on SOL deposits", set(limits.growth_charge.get() > 0, charge(limits.growth_charge.get()))),
        (
            "rate guard",
            set(limits.guard_epochs > 0, format!("halts for {halt} after a {} in an epoch", guard.join(" or a "))),
        ),
        ("closing deposits", set(limits.closing_needs_no_notice == 1, "without notice".into())),
        ("guardian", limits.guardian().map(ToString::to_string)),
    ]
}

/// A growth charge, in hundredths of an epoch's growth.
pub fn charge(hundredths: u16) -> String {
    let (whole, fraction) = (hundredths / 100, hundredths % 100);
    let fraction = format!("{fraction:02}");
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let unit = if hundredths == 100 { "epoch" } else { "epochs" };
    format!("the growth of {whole}{point}{fraction} {unit}")
}

/// Each rule of a demotion policy that is set, with its name. Empty if no validator can be demoted.
pub fn demotion_rows(policy: &DemotionPolicy) -> Vec<(&'static str, String)> {
    if policy.max_validators.get() == 0 {
        return vec![];
    }
    all_demotion_rows(policy).into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
}

/// Each rule of a demotion policy, with its name; `None` for one that is not set.
pub fn all_demotion_rows(policy: &DemotionPolicy) -> [(&'static str, Option<String>); 6] {
    let ceiling = |ceiling: Ceiling| ceiling.get().map(|points| format!("at most {}", Share(points)));
    let set = |is_set: bool, text: String| is_set.then_some(text);
    let idle = epochs(policy.epochs_without_credits.into());
    let (validators, stake) = (policy.max_validators.get(), Share(policy.max_stake.get()));
    [
        ("commission on inflation rewards", ceiling(policy.inflation_commission)),
        ("commission on block revenue", ceiling(policy.block_commission)),
        ("vote credits", set(policy.epochs_without_credits > 0, format!("none for {idle} demotes"))),
        ("BLS key", set(policy.requires_bls_key == 1, "required".into())),
        ("cooldown", Some(epochs(policy.cooldown_epochs.get().into()))),
        ("demotions in an epoch", Some(format!("at most {validators}, with {stake} of the pool"))),
    ]
}

/// Rows as a list in a sentence; `none` without rows.
pub fn list(rows: &[(&'static str, String)], none: &str) -> String {
    if rows.is_empty() {
        return none.into();
    }
    let parts: Vec<_> = rows.iter().map(|(name, text)| format!("{name} {text}")).collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use {super::*, solana_address::Address, tidepool_interface::state::FeeCeilings};

    #[test]
    fn only_limits_that_are_set_are_told() {
        assert_eq!(list(&limit_rows(&Limits::NONE), "no limits"), "no limits");
        let limits = Limits {
            ceilings: FeeCeilings {
                epoch: Ceiling::new(1_000),
                sol_deposit: Ceiling::new(0),
                ..FeeCeilings::default()
            },
            notice_epochs: 2.into(),
            notice_seconds: 172_800.into(),
            growth_charge: 150.into(),
            rate_guard_up: 200.into(),
            rate_guard_down: 100.into(),
            guard_epochs: 1,
            ..Limits::NONE
        };
        assert_eq!(
            list(&limit_rows(&limits), ""),
            "fee on rewards at most 10 %, fee on SOL deposits at most 0 %, notice of changes 2 epochs and 2 days, growth charge on \
             SOL deposits the growth of 1.5 epochs, rate guard halts for 1 epoch after a rise of 2 % or a fall of 1 % in an epoch"
        );
        let limits = Limits {
            supply_floor: 1_000_000_000.into(),
            closing_needs_no_notice: 1,
            guardian: Address::new_from_array([1; 32]),
            ..Limits::NONE
        };
        assert_eq!(
            list(&limit_rows(&limits), ""),
            format!(
                "supply after a deposit at least 1 pool token, closing deposits without notice, guardian {}",
                limits.guardian
            )
        );
    }

    #[test]
    fn a_demotion_policy_is_told_if_it_can_demote() {
        let policy = DemotionPolicy {
            inflation_commission: Ceiling::new(500),
            epochs_without_credits: 1,
            cooldown_epochs: 10.into(),
            max_validators: 2.into(),
            max_stake: 1_000.into(),
            ..DemotionPolicy::NONE
        };
        assert_eq!(
            list(&demotion_rows(&policy), ""),
            "commission on inflation rewards at most 5 %, vote credits none for 1 epoch demotes, cooldown 10 epochs, demotions in \
             an epoch at most 2, with 10 % of the pool"
        );
        let off = DemotionPolicy { max_validators: 0.into(), ..policy };
        assert_eq!(list(&demotion_rows(&off), "no demotions"), "no demotions");
    }

    #[test]
    fn times_have_the_largest_unit() {
        assert_eq!(
            [86_400, 172_800, 3_600, 90, 60, 1].map(seconds),
            ["1 day", "2 days", "1 hour", "90 seconds", "1 minute", "1 second"]
        );
        assert_eq!(
            [100, 50, 205, 1_000].map(charge),
            [
                "the growth of 1 epoch",
                "the growth of 0.5 epochs",
                "the growth of 2.05 epochs",
                "the growth of 10 epochs"
            ]
        );
    }
}
