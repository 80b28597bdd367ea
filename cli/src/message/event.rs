//! Events of the stake pool program, in words: what has changed, and from what to what.

use {
    super::extension::ground_name,
    crate::units::{local_time, percent, sol, tokens},
    solana_address::Address,
    tidepool_client::{
        announcement::{AnnouncedChange, kind_name},
        events::{
            AnnouncementEvent, AnnouncementStep, AuthorityEvent, Change, DemotionEvent, DemotionPolicyEvent, Event,
            ExitEvent, ExitStep, FeeEvent, FundsEvent, LimitsEvent, PolicyEvent, WeightsEvent,
        },
        words::{announced_value, demotion_rows, limit_rows, list},
    },
    tidepool_core::maths::Fee,
    tidepool_interface::state::{AnnouncementKind, DemotionGround},
};

/// Kinds of fees, by the number that events have.
pub(super) const FEES: [&str; 7] = [
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
        Event::Limits(event) => limits(event),
        Event::Announcement(event) => announcement(event),
        Event::DemotionPolicy(event) => demotion_policy(event),
        Event::Demotion(event) => demotion(event),
        Event::Exit(event) => exit(event),
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

fn limits(event: &LimitsEvent) -> String {
    let old = limit_rows(&event.old);
    let changed: Vec<_> = limit_rows(&event.new).into_iter().filter(|row| !old.contains(row)).collect();
    format!("limits of pool {}: {}", event.pool, list(&changed, "no limit has changed"))
}

fn announcement(event: &AnnouncementEvent) -> String {
    let Some(kind) = AnnouncementKind::from_number(event.kind) else { return "announced change".into() };
    let (name, announced) = (kind_name(kind), &event.announcement);
    let value = announced_value(&AnnouncedChange::decode(kind, &announced.value));
    if event.step == AnnouncementStep::Made as u8 {
        format!("{name}: the announced change to {value} was made")
    } else if event.step == AnnouncementStep::Cancelled as u8 {
        format!("{name}: the announced change to {value} was withdrawn")
    } else {
        {
            let (epoch, time) = (announced.from_epoch.get(), local_time(announced.from_timestamp.get()));
            format!("{name}: a change to {value} was announced, and can be made from epoch {epoch} and {time} on")
        }
    }
}

fn demotion_policy(event: &DemotionPolicyEvent) -> String {
    format!("demotion policy of pool {}: {}", event.pool, list(&demotion_rows(&event.new), "no demotions"))
}

fn demotion(event: &DemotionEvent) -> String {
    let ground = DemotionGround::from_number(event.ground).map_or("unknown ground", ground_name);
    format!("validator {} with {} was demoted: {ground}", event.vote, sol(event.lamports.get()))
}

fn exit(event: &ExitEvent) -> String {
    let (id, owner) = (event.id.get(), event.owner);
    let (escrowed, burnt) = (event.pool_tokens.get(), event.burnt_pool_tokens.get());
    if event.step == ExitStep::Claimed as u8 {
        format!("exit ticket {id} of {owner} was paid: {} for {}", sol(event.paid_lamports.get()), tokens(escrowed))
    } else if event.step == ExitStep::Cancelled as u8 {
        let returned = tokens(escrowed.saturating_sub(burnt));
        format!("exit ticket {id} of {owner} was cancelled: {returned} returned, {} burned", tokens(burnt))
    } else {
        format!("exit ticket {id} of {owner} was requested: {} for {}", sol(event.lamports.get()), tokens(escrowed))
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        bytemuck::Zeroable as _,
        tidepool_interface::state::{Announcement, DemotionPolicy, Limits},
    };

    #[test]
    fn only_limits_that_change_are_told() {
        let mut event = LimitsEvent::zeroed();
        event.old = Limits { notice_epochs: 1.into(), ..Limits::NONE };
        event.new = Limits { supply_floor: 2_000_000_000.into(), ..event.old };
        let pool = event.pool;
        assert_eq!(
            describe(&Event::Limits(event)),
            format!("limits of pool {pool}: supply after a deposit at least 2 pool tokens")
        );
        event.new = event.old;
        assert_eq!(describe(&Event::Limits(event)), format!("limits of pool {pool}: no limit has changed"));
    }

    #[test]
    fn announcements_say_what_and_from_when() {
        let change = AnnouncedChange::SolDepositFee(Fee::new(1, 100));
        let announcement = Announcement { from_epoch: 7.into(), value: change.value(), ..Announcement::NONE };
        let event = |step: AnnouncementStep| {
            let (kind, step) = (change.kind() as u8, step as u8);
            describe(&Event::Announcement(AnnouncementEvent {
                kind,
                step,
                announcement,
                ..AnnouncementEvent::zeroed()
            }))
        };
        assert_eq!(
            event(AnnouncementStep::Announced),
            format!(
                "fee on SOL deposits: a change to 1 % was announced, and can be made from epoch 7 and {} on",
                local_time(0)
            )
        );
        assert_eq!(event(AnnouncementStep::Made), "fee on SOL deposits: the announced change to 1 % was made");
        assert_eq!(
            event(AnnouncementStep::Cancelled),
            "fee on SOL deposits: the announced change to 1 % was withdrawn"
        );
        let unknown = AnnouncementEvent { kind: 99, ..AnnouncementEvent::zeroed() };
        assert_eq!(describe(&Event::Announcement(unknown)), "announced change");
    }

    #[test]
    fn demotions_say_why() {
        let policy = DemotionPolicyEvent { new: DemotionPolicy::NONE, ..DemotionPolicyEvent::zeroed() };
        let pool = policy.pool;
        assert_eq!(describe(&Event::DemotionPolicy(policy)), format!("demotion policy of pool {pool}: no demotions"));
        let mut event = DemotionEvent { lamports: 3_000_000_000.into(), ground: 4, ..DemotionEvent::zeroed() };
        let vote = event.vote;
        assert_eq!(
            describe(&Event::Demotion(event)),
            format!("validator {vote} with 3 SOL was demoted: closed vote account")
        );
        event.ground = 99;
        assert!(describe(&Event::Demotion(event)).ends_with("was demoted: unknown ground"));
    }

    #[test]
    fn exits_say_what_was_paid_and_returned() {
        let event = |step: ExitStep| {
            let event = ExitEvent {
                id: 5.into(),
                lamports: 2_000_000_000.into(),
                paid_lamports: 1_900_000_000.into(),
                pool_tokens: 1_000_000_000.into(),
                burnt_pool_tokens: 400_000_000.into(),
                step: step as u8,
                ..ExitEvent::zeroed()
            };
            describe(&Event::Exit(event))
        };
        let owner = Address::default();
        assert_eq!(
            event(ExitStep::Requested),
            format!("exit ticket 5 of {owner} was requested: 2 SOL for 1 pool token")
        );
        assert_eq!(event(ExitStep::Claimed), format!("exit ticket 5 of {owner} was paid: 1.9 SOL for 1 pool token"));
        assert_eq!(
            event(ExitStep::Cancelled),
            format!("exit ticket 5 of {owner} was cancelled: 0.6 pool tokens returned, 0.4 pool tokens burned")
        );
    }

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
