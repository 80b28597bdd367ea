//! Events of pools, as answers show them.

use {
    super::{demotion::DemotionPolicy, fees::Ratio, limits::Limits, policy::Policy},
    crate::{
        message::{describe, extension::ground_id},
        output::Text,
    },
    serde::Serialize,
    serde_json::{Value, json},
    solana_address::Address,
    std::fmt,
    tidepool_client::{
        announcement::{AnnouncedChange, kind_id},
        events::{
            AnnouncementEvent, AnnouncementStep, Authority, AuthorityEvent, Change, DemotionEvent, Event, EventKey,
            EventRecord, ExitEvent, ExitStep, FeeEvent, FundsEvent, Kind, Totals,
        },
        words::{announced_value, status_name},
    },
    tidepool_interface::{
        event::NO_STATUS,
        instruction::tag,
        state::{AnnouncementKind, DemotionGround, StakeStatus},
    },
};

/// A sum or difference of amounts, in JSON. All lamports and pool tokens that exist fit 63 bits.
pub fn signed(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(if amount < 0 { i64::MIN } else { i64::MAX })
}

/// The sums of an instruction.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct InstructionTotals {
    pub instruction: &'static str,
    pub events: usize,
    pub lamports_change: i64,
    pub pool_tokens_change: i64,
}

impl InstructionTotals {
    /// Those of all instructions.
    pub fn of(totals: &Totals) -> Vec<Self> {
        let of_one = |(instruction, kind): (&u8, &Kind)| Self {
            instruction: instruction_name(*instruction),
            events: kind.events,
            lamports_change: signed(kind.lamports),
            pool_tokens_change: signed(kind.pool_tokens),
        };
        totals.kinds.iter().map(of_one).collect()
    }
}

/// Kinds of fees, by the number that events have.
const FEES: [&str; 7] =
    ["sol_referral", "stake_referral", "epoch", "stake_withdrawal", "sol_deposit", "stake_deposit", "sol_withdrawal"];

/// The JSON of an event in the chain. `None` stands for what is not known.
pub fn event_json(record: &EventRecord) -> Value {
    let EventRecord { key, slot, transaction_index, block_time, event } = record;
    let EventKey { signature, place } = key;
    let (lamports, pool_tokens) = match event {
        Event::Funds(funds) => (funds.total_lamports.difference(), funds.pool_token_supply.difference()),
        _ => (0, 0),
    };
    let (epoch, kind, data) = data(event);
    json!({
        "type": "event",
        "key": key.to_string(),
        "signature": signature.to_string(),
        "slot": slot,
        "transaction_index": transaction_index,
        "timestamp": block_time,
        "instruction_index": place.instruction,
        "call_index": place.call,
        "event_index": place.event,
        "pool": event.pool().to_string(),
        "epoch": epoch,
        "event": kind,
        "lamports_change": signed(lamports),
        "pool_tokens_change": signed(pool_tokens),
        "data": data,
    })
}

/// An event in the chain, for a person.
pub fn write_event(f: &mut fmt::Formatter<'_>, record: &EventRecord) -> fmt::Result {
    let name = match &record.event {
        Event::Funds(funds) => instruction_name(funds.instruction).replace('_', " "),
        event => data(event).1.replace('_', " "),
    };
    write!(f, "slot {}  {name}: {}", record.slot, describe(&record.event))
}

/// Epoch, name and fields of an event.
fn data(event: &Event) -> (u64, &'static str, Value) {
    match event {
        Event::Funds(event) => (event.epoch.get(), "funds", funds(event)),
        Event::Fee(event) => (event.epoch.get(), "fee", fee(event)),
        Event::Authority(event) => (event.epoch.get(), "authority", authority(event)),
        Event::Weights(event) => {
            (event.epoch.get(), "weights", json!({ "records": event.records.get(), "weights": change(&event.weights) }))
        }
        Event::Policy(event) => {
            let [old, new] = [&event.old, &event.new].map(Policy::from);
            (event.epoch.get(), "policy", json!({ "old": old, "new": new }))
        }
        Event::Limits(event) => {
            let [old, new] = [&event.old, &event.new].map(Limits::from);
            (event.epoch.get(), "limits", json!({ "old": old, "new": new }))
        }
        Event::Announcement(event) => (event.epoch.get(), "announcement", announcement(event)),
        Event::DemotionPolicy(event) => {
            let [old, new] = [&event.old, &event.new].map(DemotionPolicy::from);
            (event.epoch.get(), "demotion_policy", json!({ "old": old, "new": new }))
        }
        Event::Demotion(event) => (event.epoch.get(), "demotion", demotion(event)),
        Event::Exit(event) => (event.epoch.get(), "exit", exit(event)),
    }
}

fn change(Change { old, new }: &Change) -> Value {
    json!({ "old": old.get(), "new": new.get() })
}

fn address(address: &Address) -> Option<Text<Address>> {
    Some(Text(*address)).filter(|_| *address != Address::default())
}

fn funds(event: &FundsEvent) -> Value {
    let status = |status: u8| (status != NO_STATUS).then(|| status_name(status_of(status)));
    // An instruction that leaves the reserve alone does not tell its balance.
    let reserve = Some(&event.reserve_lamports).filter(|change| **change != Change::default());
    json!({
        "instruction": instruction_name(event.instruction),
        "vote": address(&event.vote),
        "records": event.records.get(),
        "old_status": status(event.old_status),
        "new_status": status(event.new_status),
        "total_lamports": change(&event.total_lamports),
        "pool_token_supply": change(&event.pool_token_supply),
        "reserve_lamports": reserve.map(change),
        "active_lamports": change(&event.active_stake_lamports),
        "transient_lamports": change(&event.transient_stake_lamports),
    })
}

fn status_of(byte: u8) -> Option<StakeStatus> {
    use StakeStatus::{Active, DeactivatingAll, DeactivatingTransient, DeactivatingValidator, ReadyForRemoval};
    let all = [Active, DeactivatingTransient, ReadyForRemoval, DeactivatingValidator, DeactivatingAll];
    all.into_iter().find(|status| *status as u8 == byte)
}

fn fee(event: &FeeEvent) -> Value {
    let [old, new] = [&event.old, &event.new].map(|fee| Ratio::from(fee.get()));
    let kind = FEES.get(usize::from(event.kind));
    json!({ "kind": kind, "delayed": event.is_delayed == 1, "old": old, "new": new })
}

fn authority(event: &AuthorityEvent) -> Value {
    let names = [
        (Authority::Manager, "manager"),
        (Authority::Staker, "staker"),
        (Authority::ManagerFeeAccount, "manager_fee_account"),
        (Authority::StakeDeposit, "stake_deposit_authority"),
        (Authority::SolDeposit, "sol_deposit_authority"),
        (Authority::SolWithdraw, "sol_withdraw_authority"),
    ];
    let name = names.into_iter().find(|(authority, _)| *authority as u8 == event.authority).map(|(_, name)| name);
    json!({ "kind": name, "old": address(&event.old), "new": address(&event.new) })
}

fn announcement(event: &AnnouncementEvent) -> Value {
    let steps = [
        (AnnouncementStep::Announced as u8, "announced"),
        (AnnouncementStep::Made as u8, "made"),
        (AnnouncementStep::Cancelled as u8, "cancelled"),
    ];
    let (kind, announced) = (AnnouncementKind::from_number(event.kind), &event.announcement);
    json!({
        "kind": kind.map(kind_id),
        "step": name_of(&steps, event.step),
        "value": kind.map(|kind| announced_value(&AnnouncedChange::decode(kind, &announced.value))),
        "from_epoch": announced.from_epoch.get(),
        "from_timestamp": announced.from_timestamp.get(),
    })
}

fn demotion(event: &DemotionEvent) -> Value {
    let ground = DemotionGround::from_number(event.ground).map(ground_id);
    json!({
        "vote": Text(event.vote),
        "lamports": event.lamports.get(),
        "old_weight": event.old_weight.get(),
        "ground": ground,
    })
}

fn exit(event: &ExitEvent) -> Value {
    let steps = [
        (ExitStep::Requested as u8, "requested"),
        (ExitStep::Claimed as u8, "claimed"),
        (ExitStep::Cancelled as u8, "cancelled"),
    ];
    json!({
        "ticket_id": event.id.get(),
        "owner": Text(event.owner),
        "step": name_of(&steps, event.step),
        "lamports": event.lamports.get(),
        "paid_lamports": event.paid_lamports.get(),
        "pool_tokens": event.pool_tokens.get(),
        "burned_pool_tokens": event.burnt_pool_tokens.get(),
    })
}

fn name_of(names: &[(u8, &'static str)], number: u8) -> Option<&'static str> {
    names.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// The name of an instruction that changes balances.
pub const fn instruction_name(instruction: u8) -> &'static str {
    match instruction {
        tag::ADD_VALIDATOR_TO_POOL => "add_validator_to_pool",
        tag::REMOVE_VALIDATOR_FROM_POOL => "remove_validator_from_pool",
        tag::DECREASE_VALIDATOR_STAKE => "decrease_validator_stake",
        tag::INCREASE_VALIDATOR_STAKE => "increase_validator_stake",
        tag::UPDATE_VALIDATOR_LIST_BALANCE => "update_validator_list_balance",
        tag::UPDATE_STAKE_POOL_BALANCE => "update_stake_pool_balance",
        tag::CLEANUP_REMOVED_VALIDATOR_ENTRIES => "cleanup_removed_validator_entries",
        tag::DEPOSIT_STAKE => "deposit_stake",
        tag::WITHDRAW_STAKE => "withdraw_stake",
        tag::DEPOSIT_SOL => "deposit_sol",
        tag::WITHDRAW_SOL => "withdraw_sol",
        tag::INCREASE_ADDITIONAL_VALIDATOR_STAKE => "increase_additional_validator_stake",
        tag::DECREASE_ADDITIONAL_VALIDATOR_STAKE => "decrease_additional_validator_stake",
        tag::DECREASE_VALIDATOR_STAKE_WITH_RESERVE => "decrease_validator_stake_with_reserve",
        tag::UPDATE_VALIDATORS => "update_validators",
        tag::REBALANCE => "rebalance",
        tag::CLAIM_EXIT => "claim_exit",
        tag::CANCEL_EXIT => "cancel_exit",
        _ => "unknown",
    }
}
