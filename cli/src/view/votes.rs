//! What vote accounts and the cluster say about a pool's validators.

use {
    crate::{
        output::{Line, Text},
        units::{Share, sol},
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{
        pool::{PoolSnapshot, Validator},
        vote::{Caution, ValidatorSurvey, VoteAccount, VoteState},
    },
};

/// A validator, by its vote account and the cluster.
#[derive(Debug, Default, Serialize)]
pub struct Votes {
    /// The validator's part of the inflation rewards; `null` without a vote state.
    inflation_commission_basis_points: Option<u16>,
    /// `null` also before version 4 of the vote state.
    block_revenue_commission_basis_points: Option<u16>,
    bls_key: Option<bool>,
    /// Lamports of the vote account above its rent, which pay for admission.
    ticket_lamports: Option<u64>,
    last_epoch_with_credits: Option<u64>,
    /// Whether it is in the validator set of the epoch; `null` where the endpoint does not say.
    admitted: Option<bool>,
    /// Whether it votes now.
    voting: Option<bool>,
    /// Stake of all delegators.
    cluster_stake_lamports: Option<u64>,
    /// Names of what speaks against delegating to it.
    cautions: Vec<&'static str>,
    #[serde(skip)]
    warnings: Vec<String>,
}

impl Votes {
    /// A validator of a pool.
    pub fn of(survey: &ValidatorSurvey, snapshot: &PoolSnapshot, validator: &Validator, has_weights: bool) -> Self {
        let (vote, cautions) = (validator.vote(), survey.cautions_in_pool(snapshot, validator, has_weights));
        let (state, reported) = (survey.account(&vote).state(), survey.reported(&vote));
        let of_state = |part: fn(&VoteState) -> Option<u64>| state.and_then(part);
        Self {
            inflation_commission_basis_points: state.map(|state| state.inflation_commission_bps),
            block_revenue_commission_basis_points: state.and_then(|state| state.block_revenue_commission_bps),
            bls_key: state.map(|state| state.has_bls_key),
            ticket_lamports: of_state(|state| Some(state.spare_lamports)),
            last_epoch_with_credits: of_state(|state| state.last_epoch_with_credits),
            admitted: reported.map(|validator| validator.is_admitted),
            voting: reported.map(|validator| validator.is_voting),
            cluster_stake_lamports: reported.map(|validator| validator.activated_stake),
            warnings: cautions.iter().map(|caution| sentence(survey.account(&vote), caution)).collect(),
            cautions: cautions.iter().map(Caution::name).collect(),
        }
    }

    /// The columns of a list, without its headings.
    pub fn columns(&self) -> String {
        let share = |points: Option<u16>| points.map_or("-".into(), |points| Share(points).to_string());
        let yes = |is: Option<bool>| is.map_or("-", |is| if is { "yes" } else { "no" });
        let voted = self.last_epoch_with_credits.map_or("-".into(), |epoch| epoch.to_string());
        format!(
            "{:>9}  {:>9}  {:>3}  {:>8}  {voted:>5}",
            share(self.inflation_commission_basis_points),
            share(self.block_revenue_commission_basis_points),
            yes(self.bls_key),
            yes(self.admitted),
        )
    }

    /// The headings of [`Self::columns`].
    pub fn headings() -> String {
        format!("{:>9}  {:>9}  {:>3}  {:>8}  {:>5}", "INFLATION", "BLOCKS", "BLS", "ADMITTED", "VOTED")
    }

    /// The cautions in a few words each.
    pub fn short_cautions(&self) -> String {
        self.cautions.iter().map(|caution| format!(", {}", caution.replace('_', " "))).collect()
    }

    /// Everything, for a person.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = vec![];
        if let Some(inflation) = self.inflation_commission_basis_points {
            let blocks = self
                .block_revenue_commission_basis_points
                .map_or(String::new(), |points| format!(", {} of block revenue", Share(points)));
            lines.push(("commission", format!("{} of inflation rewards{blocks}", Share(inflation))));
        }
        if let (Some(bls_key), Some(ticket)) = (self.bls_key, self.ticket_lamports) {
            let key = if bls_key { "yes" } else { "no" };
            lines.push(("BLS key", format!("{key}; {} in the vote account for admission", sol(ticket))));
        }
        let last = self.last_epoch_with_credits.map_or("never".into(), |epoch| format!("epoch {epoch}"));
        let voting = match self.voting {
            Some(true) => ", votes now",
            Some(false) => ", does not vote now",
            None => "",
        };
        lines.push(("last credits", format!("{last}{voting}")));
        if let Some(admitted) = self.admitted {
            let stake =
                self.cluster_stake_lamports.map_or(String::new(), |stake| format!(", {} delegated to it", sol(stake)));
            lines.push(("validator set", format!("{}{stake}", if admitted { "admitted" } else { "not in it" })));
        }
        lines.extend(self.warnings.iter().map(|warning| ("beware", warning.clone())));
        lines
    }
}

/// A validator with cautions.
#[derive(Clone, Debug, Serialize)]
pub struct Cautioned {
    vote: Text<Address>,
    cautions: Vec<&'static str>,
    #[serde(skip)]
    is_deactivated: bool,
    #[serde(skip)]
    warnings: Vec<String>,
}

impl Cautioned {
    /// The validators of a pool with cautions, in the list's order.
    pub fn of_pool(survey: &ValidatorSurvey, snapshot: &PoolSnapshot) -> Vec<Self> {
        let has_weights = snapshot.weighted().next().is_some();
        let all = snapshot.validators().map(|validator| {
            let (vote, cautions) = (validator.vote(), survey.cautions_in_pool(snapshot, &validator, has_weights));
            Self::new(survey, vote, &cautions)
        });
        all.filter(|validator| !validator.cautions.is_empty()).collect()
    }

    /// A validator, as such.
    pub fn new(survey: &ValidatorSurvey, vote: Address, cautions: &[Caution]) -> Self {
        let is_loss = |caution: &Caution| matches!(caution, Caution::Deactivated { .. } | Caution::NotDelegable);
        Self {
            vote: Text(vote),
            is_deactivated: cautions.iter().any(is_loss),
            warnings: cautions.iter().map(|caution| sentence(survey.account(&vote), caution)).collect(),
            cautions: cautions.iter().map(Caution::name).collect(),
        }
    }

    /// The vote account and why its stake does not earn; `None` if it may earn.
    pub fn off(&self) -> Option<(Address, &str)> {
        const OFF: [&str; 5] = ["not_delegable", "never_voted", "not_voting", "not_admitted", "deactivated"];
        let found = self.cautions.iter().position(|caution| OFF.contains(caution))?;
        Some((self.vote.0, self.warnings[found].as_str()))
    }

    /// Whether stake with it does not earn, whatever its target is.
    pub const fn is_deactivated(&self) -> bool {
        self.is_deactivated
    }

    /// A line for each caution.
    pub fn lines(&self) -> impl Iterator<Item = Line> {
        self.warnings.iter().map(|warning| ("beware", format!("{}: {warning}", self.vote)))
    }
}

fn sentence(account: &VoteAccount, caution: &Caution) -> String {
    match caution {
        Caution::NotDelegable => format!("{caution}: its account is {account}"),
        caution => caution.to_string(),
    }
}
