//! A pool as a person reads it.

use {
    super::{Extension, Output, Ratio},
    crate::{
        error::unmerged,
        output::{Line, write_fields},
        units::{sol, tokens},
        view::{metadata::printable, votes::Cautioned},
        warnings::gates::unknown_gate,
    },
    std::fmt,
    tidepool_client::{pool::YieldEstimate, words::duration},
    tidepool_interface::state::POOL_MAX_LENGTH,
};

/// Validators whose cautions are shown.
const SHOWN_CAUTIONS: usize = 5;

pub(super) fn write(f: &mut fmt::Formatter<'_>, pool: &Output) -> fmt::Result {
    writeln!(f, "Pool {}", pool.address)?;
    write_fields(f, &state(pool))?;
    writeln!(f, "Stake")?;
    write_fields(f, &stake(pool))?;
    if let Some(extension) = &pool.extension {
        writeln!(f, "Weights")?;
        write_fields(f, &weights(extension))?;
        let demotion = demotion(extension);
        if !demotion.is_empty() {
            writeln!(f, "Demotion")?;
            write_fields(f, &demotion)?;
        }
        let limits = limits(extension);
        if !limits.is_empty() {
            writeln!(f, "Limits")?;
            write_fields(f, &limits)?;
        }
    }
    writeln!(f, "Fees")?;
    write_fields(f, &fees(pool))?;
    writeln!(f, "Authorities")?;
    write_fields(f, &authorities(pool))
}

pub(super) fn write_addresses(f: &mut fmt::Formatter<'_>, pool: &Output) -> fmt::Result {
    let accounts = &pool.accounts;
    writeln!(f, "Accounts")?;
    write_fields(
        f,
        &[
            ("program", pool.program_id.to_string()),
            ("pool account", account_length(pool.account_bytes)),
            ("validator list", accounts.validator_list.to_string()),
            ("reserve", accounts.reserve_stake.to_string()),
            ("token program", accounts.token_program.to_string()),
            ("manager's fee account", accounts.manager_fee.to_string()),
            ("withdraw authority", pool.authorities.withdraw.to_string()),
            ("stake deposit authority", pool.authorities.stake_deposit.to_string()),
        ],
    )
}

/// The length of a pool account, by which some tools find pools.
fn account_length(bytes: usize) -> String {
    if bytes == POOL_MAX_LENGTH {
        return format!("{bytes} bytes");
    }
    format!("{bytes} bytes: not found by searches with `dataSize: {POOL_MAX_LENGTH}`")
}

pub(super) fn write_gates(f: &mut fmt::Formatter<'_>, pool: &Output) -> fmt::Result {
    writeln!(f, "Cluster")?;
    let gates = match &pool.unknown_pending_gates {
        None => vec!["not listed by this endpoint".to_owned()],
        Some(gates) if gates.is_empty() => vec!["all known to this version of tidepool".to_owned()],
        Some(gates) => gates.iter().map(|gate| format!("warning: {}", unknown_gate(&gate.0))).collect(),
    };
    write_fields(f, &gates.into_iter().map(|gate| ("pending gates", gate)).collect::<Vec<_>>())
}

fn state(pool: &Output) -> Vec<Line> {
    let freshness = match (pool.stale, pool.epoch_rewards_active) {
        (false, _) if pool.validators.mergeable > 0 => {
            let unmerged = unmerged(pool.validators.mergeable);
            format!("up to date with epoch {}, but {unmerged}; run `tidepool update`", pool.epoch)
        }
        (false, _) => format!("up to date with epoch {}", pool.epoch),
        (true, false) => format!(
            "STALE: last updated in epoch {}, and it is epoch {} now; run `tidepool update`",
            pool.last_update_epoch, pool.epoch
        ),
        (true, true) => format!(
            "STALE: last updated in epoch {}; update it once epoch rewards are distributed",
            pool.last_update_epoch
        ),
    };
    let price = pool.lamports_per_whole_pool_token;
    let rate = price.map_or("no pool tokens yet".into(), |price| format!("1 pool token = {}", sol(price)));
    let mut fields = vec![
        ("state", freshness),
        ("total stake", sol(pool.total_lamports)),
        ("supply", tokens(pool.pool_token_supply)),
        ("mint", pool.accounts.pool_mint.to_string()),
        ("rate", rate),
    ];
    if let Some(metadata) = &pool.metadata {
        fields.push(("token", format!("{} ({})", printable(&metadata.name), printable(&metadata.symbol))));
    }
    fields.push((
        "yield",
        match &pool.yield_estimate {
            Ok(YieldEstimate { annual, interval, .. }) => {
                let (percent, time) = (annual * 100.0, duration(interval.seconds));
                let epochs = match (interval.epochs(), interval.until) {
                    (1, until) => format!("in epoch {until}"),
                    (epochs, until) => format!("in {epochs} epochs, until epoch {until}"),
                };
                format!("about {percent:.2} % a year, from the growth of the exchange rate {epochs} ({time})")
            }
            Err(why) => format!("unknown: {why}"),
        },
    ));
    fields.extend(yields(pool));
    fields
}

/// Yields over several epochs. One that is from the same updates as a shorter one is left out.
fn yields(pool: &Output) -> Vec<Line> {
    let mut shown = pool.yields.first().and_then(|first| first.yield_epochs);
    let mut lines = vec![];
    for figure in &pool.yields {
        let (Some(percent), Some(epochs), Some(seconds)) =
            (figure.annual_yield_percent, figure.yield_epochs, figure.yield_seconds)
        else {
            continue;
        };
        if shown.is_none_or(|shown| shown < epochs) {
            shown = Some(epochs);
            lines.push(("yield", format!("{percent:.2} % a year over {epochs} epochs ({})", duration(seconds))));
        }
    }
    lines
}

fn stake(pool: &Output) -> Vec<Line> {
    let (stake, validators) = (&pool.stake, &pool.validators);
    let leaving = match validators.leaving {
        0 => String::new(),
        count => format!(", {count} being removed"),
    };
    let mut fields = vec![
        ("validators", format!("{} of at most {}{leaving}", validators.count, validators.maximum)),
        ("active stake", sol(stake.active_lamports)),
        ("activating", sol(stake.activating_lamports)),
        ("deactivating", sol(stake.deactivating_lamports)),
        (
            "reserve",
            format!("{} ({} withdrawable)", sol(stake.reserve_lamports), sol(stake.withdrawable_reserve_lamports)),
        ),
    ];
    if let Some(tickets) = pool.extension.as_ref().and_then(|extension| extension.tickets.line()) {
        fields.push(("exit tickets", format!("{tickets}: see `tidepool tickets`")));
    }
    if let Some(vote) = &validators.preferred_deposit {
        fields.push(("preferred deposit", vote.to_string()));
    }
    if let Some(vote) = &validators.preferred_withdraw {
        fields.push(("preferred withdraw", vote.to_string()));
    }
    fields.extend(validators.cautions.iter().take(SHOWN_CAUTIONS).flat_map(Cautioned::lines));
    match validators.cautions.len().saturating_sub(SHOWN_CAUTIONS) {
        0 => {}
        others => fields.push(("beware", format!("{others} more validators with cautions: see `tidepool list`"))),
    }
    fields
}

fn weights(extension: &Extension) -> Vec<Line> {
    let who = match extension.weighted {
        0 => "none: set them with `tidepool set-weights`".into(),
        1 => "1 validator".into(),
        count => format!("{count} validators, sum {}", extension.weights),
    };
    let mut fields = vec![("weights", who)];
    fields.extend(extension.policy.lines());
    fields
}

/// When validators are demoted, and how many are; nothing for a pool without a policy.
fn demotion(extension: &Extension) -> Vec<Line> {
    let demoted = match extension.demoted_validators {
        0 => None,
        1 => Some(("demoted", "1 validator: see `tidepool list`".to_owned())),
        count => Some(("demoted", format!("{count} validators: see `tidepool list`"))),
    };
    demoted.into_iter().chain(extension.demotion_policy.lines().iter().cloned()).collect()
}

/// What the manager has promised, and what it has announced.
fn limits(extension: &Extension) -> Vec<Line> {
    let halted = extension.halted_until_epoch.map(|epoch| {
        (
            "HALTED",
            format!("the rate guard has halted deposits and SOL withdrawals until epoch {epoch}; withdraw stake"),
        )
    });
    let announced = extension.announcements.iter().map(|announced| ("announced", announced.line()));
    halted.into_iter().chain(announced).chain(extension.limits.lines().iter().cloned()).collect()
}

fn fees(pool: &Output) -> Vec<Line> {
    let fees = &pool.fees;
    let referral = |fee: &Ratio, share: u8| match share {
        0 => fee.percent(),
        share => format!("{} (referral: {share} % of it)", fee.percent()),
    };
    let mut fields = vec![
        ("epoch (on rewards)", fees.epoch.percent()),
        ("SOL deposit", referral(&fees.sol_deposit, fees.sol_referral_percent)),
        ("stake deposit", referral(&fees.stake_deposit, fees.stake_referral_percent)),
        ("SOL withdrawal", fees.sol_withdrawal.percent()),
        ("stake withdrawal", fees.stake_withdrawal.percent()),
    ];
    if !fees.collected {
        let note = "the manager's fee account cannot receive fees, so none are charged on rewards and withdrawals";
        fields.push(("note", note.into()));
    }
    fields
}

fn authorities(pool: &Output) -> Vec<Line> {
    let authorities = &pool.authorities;
    let mut fields = vec![("manager", authorities.manager.to_string()), ("staker", authorities.staker.to_string())];
    if !authorities.stake_deposit_is_open {
        fields.push(("stake deposit authority", authorities.stake_deposit.to_string()));
    }
    if let Some(authority) = &authorities.sol_deposit {
        fields.push(("SOL deposit authority", authority.to_string()));
    }
    if let Some(authority) = &authorities.sol_withdraw {
        fields.push(("SOL withdraw authority", authority.to_string()));
    }
    if let Some(authority) = &authorities.freeze {
        fields.push(("warning", format!("{authority} can freeze holders' pool tokens")));
    }
    fields
}
