//! What a proposal does, and whether it still can.

use {
    super::reading::{Content, Found, Messages, Part, Reading},
    crate::{
        context::Context,
        error::CliError,
        message::{Message, action},
        output::{Line, Text},
        units::local_time,
    },
    serde::Serialize,
    solana_address::Address,
    solana_signer::{Signer, null_signer::NullSigner},
    std::collections::BTreeMap,
    tidepool_client::{
        cluster::Cluster,
        send::{Outgoing, SendOptions, Sender},
    },
    tidepool_interface::{
        address::{SPL_STAKE_POOL_PROGRAM_ID, SYSTEM_PROGRAM_ID},
        schema,
        state::StakePool,
    },
    tidepool_squads::{
        address,
        state::{Permissions, Status},
    },
};

/// A proposal in words.
#[derive(Debug, Serialize)]
pub struct Explained {
    pub index: u64,
    proposal: Text<Address>,
    status: &'static str,
    /// Unix time in seconds since which it has this status.
    since: Option<i64>,
    /// Whether members, threshold or time lock have changed since.
    stale: bool,
    kind: &'static str,
    creator: Option<Text<Address>>,
    vault: Option<Text<Address>>,
    vault_index: Option<u8>,
    approvals_needed: u16,
    approved_by: Vec<Text<Address>>,
    rejected_by: Vec<Text<Address>>,
    cancelled_by: Vec<Text<Address>>,
    /// Unix time in seconds at which the time lock ends.
    executable_from: Option<i64>,
    /// Number of transactions, and how many of them have been executed.
    size: u32,
    executed: u32,
    /// Wallets that have to sign the execution besides the vault.
    also_signed_by: Vec<Text<Address>>,
    /// Its instructions.
    does: Vec<String>,
    /// What a member should look at twice.
    cautions: Vec<String>,
    /// Why it cannot be executed, now or ever.
    problems: Vec<String>,
    /// Whether the next transaction would succeed now; `null` if that was not simulated.
    would_succeed: Option<bool>,
}

/// How much to find out about a proposal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Depth {
    /// What it says.
    Words,
    /// Also the state of what it touches, and a simulation.
    Checks,
}

impl Explained {
    /// Explains a proposal.
    pub async fn new<C: Cluster>(
        context: &Context<'_, C>,
        reading: &Reading,
        found: &Found,
        depth: Depth,
    ) -> Result<Self, CliError> {
        let mut explained = Self::of_votes(reading, found);
        match &found.content {
            Content::Closed => {
                explained.problems.push("its transaction was closed, or never created: nothing can be executed".into());
            }
            Content::Unreadable(reason) => {
                explained.problems.push(format!("its transaction cannot be decoded ({reason}): do not approve it"));
            }
            Content::Config(actions) => {
                explained.does = actions.iter().map(action).collect();
                explained.cautions.push("it changes the multisig itself".into());
            }
            Content::Messages(messages) => {
                explained.describe(context, messages);
                if depth == Depth::Checks && explained.can_still_run() {
                    explained.check(context, reading, found, messages).await?;
                }
            }
        }
        Ok(explained)
    }

    fn of_votes(reading: &Reading, found: &Found) -> Self {
        let (multisig, index) = (&reading.multisig, found.index);
        let status = found.proposal.as_ref().map(|proposal| proposal.status);
        let (name, since) = status.map_or(("none", None), named);
        let list = |of: fn(&tidepool_squads::state::Proposal) -> &Vec<Address>| {
            found.proposal.iter().flat_map(of).copied().map(Text).collect::<Vec<_>>()
        };
        let (kind, vault) = match &found.content {
            Content::Closed => ("closed", None),
            Content::Unreadable(_) => ("unknown", None),
            Content::Config(_) => ("config_transaction", None),
            Content::Messages(messages) => {
                (if messages.is_batch { "batch" } else { "vault_transaction" }, Some(messages.vault))
            }
        };
        let executable_from = match status {
            Some(Status::Approved(at)) => Some(at.saturating_add(multisig.time_lock.into())),
            _ => None,
        };
        let stale = multisig.is_stale(index);
        let mut explained = Self {
            index,
            proposal: Text(address::proposal(&reading.address, index)),
            status: name,
            since,
            stale,
            kind,
            creator: found.creator.map(Text),
            vault: vault.map(|vault| Text(vault.address)),
            vault_index: vault.map(|vault| vault.index),
            approvals_needed: multisig.threshold,
            approved_by: list(|proposal| &proposal.approved),
            rejected_by: list(|proposal| &proposal.rejected),
            cancelled_by: list(|proposal| &proposal.cancelled),
            executable_from,
            size: 1,
            executed: 0,
            also_signed_by: vec![],
            does: vec![],
            cautions: vec![],
            problems: vec![],
            would_succeed: None,
        };
        match status {
            None if stale => {
                explained.problems.push("it has no proposal, and is stale: propose the change again".into())
            }
            None => explained.problems.push("it has no proposal yet: members cannot vote on it".into()),
            Some(Status::Draft(_) | Status::Active(_)) if stale => explained
                .problems
                .push("stale: members, threshold or time lock have changed since; propose the change again".into()),
            Some(Status::Approved(_)) if stale && kind == "config_transaction" => {
                explained.problems.push("stale: the multisig has changed since; propose the change again".into());
            }
            Some(Status::Approved(_)) if stale => explained.cautions.push(
                "members, threshold or time lock have changed since its approval; it can still be executed".into(),
            ),
            Some(Status::Draft(_)) => {
                explained.problems.push("a draft: its creator has yet to put it to the vote".into())
            }
            Some(Status::Rejected(_)) => explained.problems.push("rejected: propose the change again".into()),
            Some(Status::Cancelled(_)) => explained.problems.push("cancelled: propose the change again".into()),
            Some(Status::Executed(_)) => {}
            Some(Status::Active(_) | Status::Approved(_) | Status::Executing) => {}
        }
        explained
    }

    /// Whether it can still be executed, now or after approvals.
    fn can_still_run(&self) -> bool {
        matches!(self.status, "none" | "draft" | "active" | "approved" | "executing")
            && !(self.stale && self.status != "approved")
    }

    fn describe<C: Cluster>(&mut self, context: &Context<'_, C>, messages: &Messages) {
        (self.size, self.executed) = (messages.size, messages.executed);
        let pool_program = known_pool_program(context, messages);
        for part in &messages.parts {
            let message = part.shown();
            for does in message.instructions(pool_program) {
                let place = format!("({} of {}) ", part.number, messages.size);
                self.does.push(if messages.is_batch { place + &does } else { does });
            }
            for program in message.unknown_programs().into_iter().filter(|program| Some(*program) != pool_program) {
                self.caution(format!(
                    "program {program} is unknown to this command: if it is your pool's program, repeat the command with \
                     --program-id {program}; else approve only if you trust it with all that the vault holds"
                ));
            }
            if !part.derived.is_empty() {
                self.caution(format!("{} signers are derived for it, for new accounts", part.derived.len()));
            }
            if let Err(problem) = &part.tables {
                self.problems.push(format!("{problem}; accounts are shown by their places in the table"));
            }
            let others = part.others(&messages.vault.address);
            for other in others.map(Text) {
                if !self.also_signed_by.contains(&other) {
                    self.also_signed_by.push(other);
                }
            }
        }
        let read = u32::try_from(messages.parts.len()).unwrap_or(u32::MAX);
        if read < messages.size.saturating_sub(messages.executed) {
            self.problems
                .push(format!("only {read} of its {} transactions are shown: do not approve it", messages.size));
        }
    }

    fn caution(&mut self, text: String) {
        if !self.cautions.contains(&text) {
            self.cautions.push(text);
        }
    }

    /// Looks at the pools that it changes, and simulates the next transaction.
    async fn check<C: Cluster>(
        &mut self,
        context: &Context<'_, C>,
        reading: &Reading,
        found: &Found,
        messages: &Messages,
    ) -> Result<(), CliError> {
        let pool_program = known_pool_program(context, messages);
        for part in &messages.parts {
            self.check_pools(context, part, pool_program).await?;
        }
        let Some(part) = messages.next().filter(|part| part.tables.is_ok()) else { return Ok(()) };
        let Some(payer) = payer(context, reading, found).await? else {
            self.caution("not simulated: no member has lamports for a fee".into());
            return Ok(());
        };
        let signers: Vec<_> = part.message.signers().iter().map(NullSigner::new).collect();
        let payer = NullSigner::new(&payer);
        let options = SendOptions {
            pool_program: pool_program.or_else(|| part.shown().unknown_programs().first().copied()),
            ..context.send_options(Address::default())?
        };
        let sender = Sender::new(context.cluster, &payer)
            .signers(signers.iter().map(|signer| signer as &dyn Signer))
            .options(options);
        let instructions =
            part.message.instructions(&part.loaded).map_err(|error| CliError::usage(error.to_string()))?;
        let outgoing = Outgoing::new(format!("proposal {}", found.index), instructions);
        match sender.dry_run(&[outgoing]).await?.pop().and_then(|rehearsed| rehearsed.failure) {
            None => self.would_succeed = Some(true),
            Some(failure) => {
                self.would_succeed = Some(false);
                self.problems.push(format!("would fail now: {}", failure.explanation));
            }
        }
        Ok(())
    }

    /// Compares the authorities that a pool's instructions name with the pool's.
    async fn check_pools<C: Cluster>(
        &mut self,
        context: &Context<'_, C>,
        part: &Part,
        pool_program: Option<Address>,
    ) -> Result<(), CliError> {
        let Some(program) = pool_program.filter(|_| part.tables.is_ok()) else { return Ok(()) };
        let instructions = part.message.instructions(&part.loaded).unwrap_or_default();
        let mut named = BTreeMap::new();
        for instruction in instructions.iter().filter(|instruction| instruction.program_id == program) {
            let row = instruction.data.first().and_then(|tag| schema::instructions().find(|row| row.tag == *tag));
            let Some(row) = row else { continue };
            let account = |name: &str| {
                let place = row.accounts.iter().position(|account| account.name == name)?;
                instruction.accounts.get(place).map(|meta| meta.pubkey)
            };
            let Some(pool) = account("pool") else { continue };
            for role in ["manager", "staker"] {
                if let Some(authority) = account(role) {
                    named.insert((pool, role), authority);
                }
            }
        }
        let pools: Vec<_> = named.keys().map(|(pool, _)| *pool).collect();
        let accounts = context.cluster.accounts(&pools).await?;
        for (((pool, role), authority), account) in named.into_iter().zip(accounts) {
            let state = account.filter(|account| account.owner == program);
            let Some(state) = state.and_then(|account| StakePool::decode_initialized(&account.data).ok()) else {
                self.problems.push(format!("{pool} is not a pool of program {program}"));
                continue;
            };
            let present = if role == "manager" { state.head.manager } else { state.head.staker };
            if present != authority {
                self.problems.push(format!("the {role} of pool {pool} is {present} now, not {authority}"));
            }
        }
        Ok(())
    }

    /// The proposal as lines for a person.
    pub fn lines(&self) -> Vec<Line> {
        let since = self.since.map_or_else(String::new, |since| format!(" since {}", local_time(since)));
        let mut lines = vec![("status", format!("{}{since}", self.status))];
        lines.extend(self.does.iter().map(|does| ("does", does.clone())));
        if let (Some(vault), Some(index)) = (self.vault, self.vault_index) {
            lines.push(("vault", format!("{vault} (index {index})")));
        }
        lines.extend(self.also_signed_by.iter().map(|signer| ("also signed by", signer.to_string())));
        if self.kind == "batch" {
            lines.push(("executed", format!("{} of {} transactions", self.executed, self.size)));
        }
        let list = |all: &[Text<Address>]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let approvals = format!("{} of {}", self.approved_by.len(), self.approvals_needed);
        let by = if self.approved_by.is_empty() { String::new() } else { format!(": {}", list(&self.approved_by)) };
        lines.push(("approvals", approvals + &by));
        for (name, votes) in [("rejected by", &self.rejected_by), ("cancelled by", &self.cancelled_by)] {
            if !votes.is_empty() {
                lines.push((name, list(votes)));
            }
        }
        lines.extend(self.executable_from.map(|time| ("executable from", local_time(time))));
        lines.extend(self.creator.map(|creator| ("created by", creator.to_string())));
        lines.extend(self.cautions.iter().map(|caution| ("caution", caution.clone())));
        lines.extend(self.problems.iter().map(|problem| ("problem", problem.clone())));
        if self.would_succeed == Some(true) {
            lines.push(("simulation", "would succeed now".into()));
        }
        lines
    }

    /// Whether a member can act on it, so that a list shows it.
    pub fn is_pending(&self) -> bool {
        self.can_still_run() && (self.kind != "closed" || self.status != "none")
    }
}

impl Part {
    /// The message, with the addresses of lookup tables where they are known.
    pub fn shown(&self) -> Message {
        Message::of_vault(&self.message, self.tables.is_ok().then_some(&self.loaded[..]))
    }

    /// Signers besides the vault and derived ones.
    pub fn others<'a>(&'a self, vault: &'a Address) -> impl Iterator<Item = Address> + 'a {
        let signers = self.message.signers().iter().copied();
        signers.filter(move |signer| signer != vault && !self.derived.contains(signer))
    }
}

const fn named(status: Status) -> (&'static str, Option<i64>) {
    match status {
        Status::Draft(since) => ("draft", Some(since)),
        Status::Active(since) => ("active", Some(since)),
        Status::Rejected(since) => ("rejected", Some(since)),
        Status::Approved(since) => ("approved", Some(since)),
        Status::Executing => ("executing", None),
        Status::Executed(since) => ("executed", Some(since)),
        Status::Cancelled(since) => ("cancelled", Some(since)),
    }
}

/// The program whose instructions are read as those of a stake pool: the one that the user names, or SPL's. What an account of another
/// program holds proves nothing, since that program can write what it likes.
fn known_pool_program<C: Cluster>(context: &Context<'_, C>, messages: &Messages) -> Option<Address> {
    let calls = |program: &Address| messages.parts.iter().any(|part| part.message.account_keys.contains(program));
    context.global.program_id.or_else(|| Some(SPL_STAKE_POOL_PROGRAM_ID).filter(calls))
}

/// A wallet that could pay the fee of the execution.
async fn payer<C: Cluster>(
    context: &Context<'_, C>,
    reading: &Reading,
    found: &Found,
) -> Result<Option<Address>, CliError> {
    let members = reading.multisig.members.iter();
    let executors = members.filter(|member| member.permissions.include(Permissions::EXECUTE)).map(|member| member.key);
    let wallets: Vec<_> = found.creator.into_iter().chain(executors).collect();
    let accounts = context.cluster.accounts(&wallets).await?;
    let can_pay = wallets.into_iter().zip(accounts).find(|(_, account)| {
        account.as_ref().is_some_and(|account| account.owner == SYSTEM_PROGRAM_ID && account.lamports > 0)
    });
    Ok(can_pay.map(|(wallet, _)| wallet))
}
