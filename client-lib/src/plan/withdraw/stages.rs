//! Groups the pieces of a withdrawal into stages. Dependent pieces share a transaction as long as it fits.

use {
    super::{
        Withdrawal,
        search::{Found, Kind},
    },
    crate::{
        actions::{self, NewStakeAccount, WithdrawSol, WithdrawStake},
        pack::{self, PackOptions},
        plan::{InstructionGroup, Plan},
        pool::PoolSnapshot,
    },
};

const STAGE: &str = "withdraw";

pub(super) struct Stages<'a> {
    snapshot: &'a PoolSnapshot,
    withdrawal: &'a Withdrawal,
    done: Plan,
    /// Groups of the last stage.
    open: Vec<InstructionGroup>,
    /// Kind of the last stage's stake.
    kind: Option<Kind>,
    /// Whether the last stage is one group of several kinds.
    is_joined: bool,
}

impl<'a> Stages<'a> {
    pub(super) fn new(snapshot: &'a PoolSnapshot, withdrawal: &'a Withdrawal) -> Self {
        Self { snapshot, withdrawal, done: Plan::default(), open: Vec::new(), kind: None, is_joined: false }
    }

    /// Adds SOL, which is independent of stake.
    pub(super) fn add_sol(&mut self, withdrawal: &WithdrawSol) {
        let group = actions::withdraw_sol_unchecked(self.snapshot, withdrawal);
        self.open.push(group);
    }

    /// Adds a piece, which depends on earlier ones of another kind.
    pub(super) fn add_stake(&mut self, found: &Found, to: &NewStakeAccount) {
        let group = self.group(found, to);
        let is_new = self.kind.is_some_and(|kind| kind != found.kind);
        self.kind = Some(found.kind);
        if !is_new && !self.is_joined {
            self.open.push(group);
            return;
        }
        let joined = self.open.iter().cloned().chain([group.clone()]).reduce(InstructionGroup::join);
        match joined.filter(|joined| self.fits(joined)) {
            Some(joined) => {
                self.open = vec![joined];
                self.is_joined = true;
            }
            None => {
                self.done.push(STAGE, std::mem::take(&mut self.open));
                self.open = vec![group];
                self.is_joined = false;
            }
        }
    }

    pub(super) fn plan(mut self) -> Plan {
        self.done.push(STAGE, self.open);
        self.done
    }

    fn fits(&self, group: &InstructionGroup) -> bool {
        let mut options = PackOptions::new(self.withdrawal.payer);
        // Leaves room for a nonce. With a throw-away key a long-lived transaction makes no sense.
        if self.withdrawal.tokens.throwaway.is_none() {
            options = options.leaving_room_for_nonce();
        }
        group.log_bytes <= options.max_log_bytes && pack::pack(std::slice::from_ref(group), &options).is_ok()
    }

    fn group(&self, found: &Found, to: &NewStakeAccount) -> InstructionGroup {
        let quote = &found.quote;
        let withdrawal = WithdrawStake {
            from: quote.from,
            tokens: self.withdrawal.tokens,
            pool_tokens: quote.pool_tokens,
            to: to.clone(),
            stake_authority: self.withdrawal.stake_authority,
            payer: self.withdrawal.payer,
            minimum_lamports: self.withdrawal.minimum_of(quote.yields.lamports.get()),
        };
        let mut group = actions::withdraw_stake_quoted(self.snapshot, &withdrawal, quote);
        // If only a part lands, the label shows which accounts exist.
        group.label = format!("{} into stake account {}", group.label, to.address);
        group
    }
}
