//! Which steps the keys at hand can sign.

use {
    solana_address::Address,
    tidepool_client::{
        desired::{Part, State, Step, StepKind},
        plan::Plan,
    },
};

/// The steps of a plan, divided by who can sign them.
pub struct Signable<'s> {
    own: Vec<&'s Step>,
    others: Vec<&'s Step>,
}

impl<'s> Signable<'s> {
    pub fn of(steps: &'s [Step], keys: &[Address], payer: Option<Address>) -> Self {
        let has = |signer: &Address| keys.contains(signer) || payer == Some(*signer);
        let (own, others) = steps.iter().partition(|step| step.signers.iter().all(has));
        Self { own, others }
    }

    /// Steps that the keys can sign.
    pub fn steps(&self) -> impl Iterator<Item = &'s Step> {
        self.own.iter().copied()
    }

    /// Steps of other keys.
    pub fn others(&self) -> impl Iterator<Item = &'s Step> {
        self.others.iter().copied()
    }

    fn ready(&self) -> impl Iterator<Item = (&'s Step, &'s Plan)> {
        self.own.iter().filter_map(|step| match &step.state {
            State::Ready { plan, .. } => Some((*step, plan)),
            State::Waits(_) => None,
        })
    }

    pub fn is_none_ready(&self) -> bool {
        self.ready().next().is_none()
    }

    /// The ready steps, to be compared with those that were sent.
    pub fn ready_parts(&self) -> Vec<(StepKind, Vec<Part>)> {
        self.ready().map(|(step, _)| (step.kind, step.parts.clone())).collect()
    }

    /// All that is ready, as one plan. Steps of one turn and one signer are independent and share stages; those that have stages of
    /// their own follow them.
    pub fn plan(&self) -> Plan {
        let mut plan = Plan::default();
        let mut ready: Vec<_> = self.ready().collect();
        ready.sort_by_key(|(step, _)| (step.kind.turn(), step.signers.clone()));
        let same = |(one, _): &(&Step, &Plan), (other, _): &(&Step, &Plan)| {
            (one.kind.turn(), &one.signers) == (other.kind.turn(), &other.signers)
        };
        for steps in ready.chunk_by(same) {
            let (single, staged): (Vec<_>, Vec<_>) = steps.iter().partition(|(_, plan)| plan.stages.len() == 1);
            let groups: Vec<_> = single.iter().flat_map(|(_, plan)| plan.groups().cloned()).collect();
            let label = single.first().and_then(|(_, plan)| plan.stages.first()).map(|stage| stage.label.clone());
            plan.push(label.unwrap_or_default(), groups);
            for (_, staged) in staged {
                plan = plan.then((*staged).clone());
            }
        }
        plan
    }
}
