//! The parts in which a pool differs from what it is to be.

use {
    super::{Live, Part, Setting, Value},
    crate::{
        actions::{self, TokenReceiver},
        error::PlanError,
        pool::PoolSnapshot,
    },
    solana_address::Address,
    std::collections::{BTreeMap, HashSet},
    tidepool_interface::ExtensionError,
};

/// A pool as it is to be. Parts that it does not name stay as they are.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Desired {
    /// Settings with their values.
    pub settings: BTreeMap<Setting, Value>,
    /// Validators with their weights; `None` for one that is to be removed.
    pub validators: BTreeMap<Address, Option<u16>>,
    /// Whether other validators of the pool are to be removed.
    pub removes_others: bool,
    /// Whether a pause of rebalances is to end that an unfinished change of weights has left. It ends by itself, too, after about an
    /// hour.
    pub ends_pause: bool,
}

/// A part that differs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// The part.
    pub part: Part,
    /// Its present value.
    pub before: Value,
    /// Its desired value.
    pub after: Value,
}

impl Difference {
    /// Whether the steps pass through `now` between the value before and the value after: a validator has weight 0 once it is
    /// added, and before it is removed; a preferred validator that is removed is no longer preferred.
    pub fn passes_through(&self, now: &Value) -> bool {
        let is_between = match (self.part, now) {
            (Part::Validator(_), Value::Weight(Some(0))) => {
                [&self.before, &self.after].into_iter().any(|end| *end == Value::Weight(None))
            }
            (Part::Setting(Setting::PreferredDeposit | Setting::PreferredWithdraw), Value::Choice(None)) => true,
            _ => false,
        };
        is_between || *now == self.before || *now == self.after
    }
}

/// A part that cannot become what it is to be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{error}")]
pub struct Fault {
    /// The part.
    pub part: Part,
    /// Why.
    pub error: PlanError,
}

impl Fault {
    pub(super) fn new(part: Part, error: impl Into<PlanError>) -> Self {
        Self { part, error: error.into() }
    }
}

impl Desired {
    /// The vote accounts of the validators in `snapshot` that are to be removed. [`Live::snapshot`] needs their stake accounts.
    pub fn removed(&self, snapshot: &PoolSnapshot) -> HashSet<Address> {
        let members = snapshot.records().iter().filter(|record| record.is_active());
        let removed =
            members.map(|record| record.vote_account_address).filter(|vote| match self.validators.get(vote) {
                Some(weight) => weight.is_none(),
                None => self.removes_others,
            });
        removed.collect()
    }

    /// The vote accounts of the validators that are to be added to `snapshot`. [`Live::read`] reads them.
    pub fn added(&self, snapshot: &PoolSnapshot) -> Vec<Address> {
        let is_member = |vote: &Address| snapshot.validator_record(vote).is_some_and(|record| record.is_active());
        let named = self.validators.iter().filter(|(vote, weight)| weight.is_some() && !is_member(vote));
        named.map(|(vote, _)| *vote).collect()
    }

    /// The accounts that [`Live::read`] reads and [`PoolSnapshot`] does not: the vote accounts of validators that are to be added, and
    /// the account that is to receive the fees.
    pub fn other_accounts(&self, snapshot: &PoolSnapshot) -> Vec<Address> {
        self.added(snapshot).into_iter().chain(self.fee_account(snapshot)).collect()
    }

    pub(super) fn address(&self, setting: Setting) -> Option<Address> {
        match self.settings.get(&setting) {
            Some(Value::Address(address)) => Some(*address),
            _ => None,
        }
    }

    /// The account that is to receive the fees, if another one does now: without one, a new manager gets them in its associated
    /// token account.
    pub(super) fn fee_account(&self, snapshot: &PoolSnapshot) -> Option<Address> {
        let head = &snapshot.pool().head;
        let of_manager = || {
            let manager = self.address(Setting::Manager).filter(|manager| *manager != head.manager)?;
            Some(TokenReceiver::Wallet(manager).address(snapshot))
        };
        let wanted = self.address(Setting::FeeAccount).or_else(of_manager)?;
        (wanted != head.manager_fee_account).then_some(wanted)
    }
}

/// The parts of `live` that differ from `desired`, in the order of a file.
///
/// # Errors
/// A [`Fault`] for a setting that the pool or the cluster does not have, and for a preferred validator that is to be removed.
pub fn differences(live: &Live, desired: &Desired) -> Result<Vec<Difference>, Fault> {
    let mut wanted: BTreeMap<Part, Value> =
        desired.settings.iter().map(|(setting, value)| (Part::Setting(*setting), value.clone())).collect();
    if let Some(account) = desired.fee_account(&live.snapshot) {
        wanted.insert(Part::Setting(Setting::FeeAccount), Value::Address(account));
    }
    // The default authority of the program means permissionless.
    let open = Value::Choice(Some(live.snapshot.default_deposit_authority()));
    if let Some(value) = wanted.get_mut(&Part::Setting(Setting::StakeDepositAuthority)).filter(|value| **value == open)
    {
        *value = Value::Choice(None);
    }
    let named = desired.validators.iter().map(|(vote, weight)| (*vote, *weight));
    let others = live.members().map(|record| (record.vote_account_address, None));
    let others = others.filter(|(vote, _)| desired.removes_others && !desired.validators.contains_key(vote));
    for (vote, weight) in named.chain(others) {
        wanted.insert(Part::Validator(vote), Value::Weight(weight));
    }
    check_preferred(&wanted)?;
    let mut found = vec![];
    for (part, after) in wanted {
        let before = live.value(part).ok_or_else(|| Fault::new(part, absent(live, part)))?;
        if before != after {
            found.push(Difference { part, before, after });
        }
    }
    Ok(found)
}

fn check_preferred(wanted: &BTreeMap<Part, Value>) -> Result<(), Fault> {
    for setting in [Setting::PreferredDeposit, Setting::PreferredWithdraw] {
        let part = Part::Setting(setting);
        if let Some(Value::Choice(Some(vote))) = wanted.get(&part)
            && wanted.get(&Part::Validator(*vote)) == Some(&Value::Weight(None))
        {
            let what = format!("the preferred validator {vote} is to be removed: prefer another validator, or keep it");
            return Err(Fault::new(part, PlanError::invalid(what)));
        }
    }
    Ok(())
}

fn absent(live: &Live, part: Part) -> PlanError {
    let pool = live.snapshot.address();
    if let Part::Setting(Setting::TokenName | Setting::TokenSymbol | Setting::TokenUri) = part {
        return PlanError::invalid(format!(
            "the Metaplex token metadata program ({}) is not on this cluster: omit the section metadata, use another cluster, or \
             load the program",
            tidepool_interface::address::METADATA_PROGRAM_ID
        ));
    }
    let what = if live.snapshot.has_unknown_extension() {
        format!("pool {pool} has an unknown version of the extension: update tidepool")
    } else {
        format!("pool {pool} has no extension: add it with `tidepool extend-pool {pool}`, or omit this section")
    };
    PlanError::refused(ExtensionError::NotExtended, what)
}

/// Whether `account` is the associated token account of `wallet`.
pub(super) fn is_associated(live: &Live, account: &Address, wallet: &Address) -> bool {
    actions::associated_token_account(&live.snapshot, wallet) == *account
}
