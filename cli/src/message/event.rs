//! Events of the stake pool program, in words: what has changed, and from what to what.

use {
    crate::units::{percent, sol, tokens},
    solana_address::Address,
    tidepool_client::events::{AuthorityEvent, Change, Event, FeeEvent, FundsEvent, PolicyEvent, WeightsEvent},
    tidepool_core::maths::Fee,
};

/// Kinds of fees, by the number that events have.
const FEES: [&str; 7] = [
    "SOL referral share",
    "stake referral share",
    "fee on rewards",
    "fee on stake withdrawals",
    "fee on SOL deposits",
    "fee on stake deposits",
    "fee on SOL withdrawals",
];

/// Authorities, by the number that events have.
const AUTHORITIES: [&str; 6] = [
    "manager",
    "staker",
    "manager's fee account",
    "stake deposit authority",
    "SOL deposit authority",
    "SOL withdraw authority",
];

pub fn describe(event: &Event) -> String {
    match event {
        Event::Funds(event) => funds(event),
        Event::Fee(event) => fee(event),
        Event::Authority(event) => authority(event),
        Event::Weights(event) => weights(event),
        Event::Policy(event) => policy(event),
    }
}

fn funds(event: &FundsEvent) -> String {
    let changes = [
        ("pool", &event.total_lamports, sol as fn(u64) -> String),
        ("supply", &event.pool_token_supply, tokens),
        ("reserve", &event.reserve_lamports, sol),
        ("validator stake", &event.active_stake_lamports, sol),
        ("transient stake", &event.transient_stake_lamports, sol),
    ];
    let told: Vec<String> = changes
        .into_iter()
        .filter(|(_, change, _)| change.difference() != 0)
        .map(|(name, Change { old, new }, unit)| format!("{name} {} to {}", unit(old.get()), unit(new.get())))
        .collect();
    let what = if told.is_empty() { "no balance has changed".into() } else { told.join(", ") };
    if event.vote == Address::default() { what } else { format!("{what}, with validator {}", event.vote) }
}

fn fee(event: &FeeEvent) -> String {
    let name = FEES.get(usize::from(event.kind)).copied().unwrap_or("fee");
    let shown = |fee: Fee| if fee.numerator == 0 { "none".into() } else { percent(&fee) };
    let when = if event.is_delayed == 0 { "at once" } else { "after two updates in new epochs" };
    format!("{name}: {} to {}, {when}", shown(event.old.get()), shown(event.new.get()))
}

fn authority(event: &AuthorityEvent) -> String {
    let name = AUTHORITIES.get(usize::from(event.authority)).copied().unwrap_or("authority");
    let shown = |address: Address| if address == Address::default() { "none".into() } else { address.to_string() };
    format!("{name}: {} to {}", shown(event.old), shown(event.new))
}

fn weights(event: &WeightsEvent) -> String {
    let Change { old, new } = event.weights;
    format!("weights of {} validators: {} to {} in all", event.records.get(), old.get(), new.get())
}

fn policy(event: &PolicyEvent) -> String {
    let what =
        if event.old == bytemuck::Zeroable::zeroed() { "the default one was set" } else { "a custom one was set" };
    format!("policy of pool {}: {what}", event.pool)
}

#[cfg(test)]
mod tests {
    use {super::*, bytemuck::Zeroable as _};

    #[test]
    fn only_what_changes_is_told() {
        let mut event = FundsEvent::zeroed();
        assert_eq!(describe(&Event::Funds(event)), "no balance has changed");
        event.total_lamports = Change { old: 1_000_000_000.into(), new: 3_500_000_000.into() };
        event.pool_token_supply = Change { old: 0.into(), new: 1_000_000_000.into() };
        event.vote = Address::new_from_array([1; 32]);
        let text = describe(&Event::Funds(event));
        assert_eq!(
            text,
            format!("pool 1 SOL to 3.5 SOL, supply 0 pool tokens to 1 pool token, with validator {}", event.vote)
        );
    }

    #[test]
    fn numbers_have_names() {
        let event = AuthorityEvent { authority: 1, new: Address::new_from_array([1; 32]), ..AuthorityEvent::zeroed() };
        assert_eq!(describe(&Event::Authority(event)), format!("staker: none to {}", event.new));
        let fee = FeeEvent { kind: 2, new: Fee::new(1, 20).into(), ..FeeEvent::zeroed() };
        assert_eq!(describe(&Event::Fee(fee)), "fee on rewards: none to 5 %, at once");
        let unknown = FeeEvent { kind: 9, ..FeeEvent::zeroed() };
        assert!(describe(&Event::Fee(unknown)).starts_with("fee: "));
    }
}
