//! Validators, as their cluster and their vote accounts describe them.

use {
    super::{Caution, VoteAccount, cautions},
    crate::{
        cluster::{Cluster, ClusterError, ClusterValidator},
        gates,
        pool::{PoolSnapshot, Validator},
    },
    solana_address::Address,
    std::collections::{BTreeSet, HashMap},
};

/// The gate from which on validators pay for their admission and need a BLS key.
const ADMISSION: &str = "validator_admission_ticket";

/// What was read about some validators.
#[derive(Clone, Debug)]
pub struct ValidatorSurvey {
    epoch: u64,
    /// Whether the cluster admits validators by BLS key and ticket (SIMD-0357).
    admits: bool,
    /// The cluster's validators by vote account, if the endpoint reports them.
    set: Option<HashMap<Address, ClusterValidator>>,
    accounts: HashMap<Address, VoteAccount>,
    /// Versions by identity.
    versions: HashMap<Address, String>,
}

impl ValidatorSurvey {
    /// Reads the vote accounts `votes`, and what the cluster reports about its validators. Vote accounts are large: 4 KB
    /// each.
    ///
    /// # Errors
    /// [`ClusterError`]. An endpoint that does not report the validator set is no error.
    pub async fn read<C: Cluster>(cluster: &C, votes: &[Address]) -> Result<Self, ClusterError> {
        let set = cluster.validator_set().await.unwrap_or_default();
        Self::complete(cluster, votes, set).await
    }

    /// Reads about all validators that the cluster reports, and about the vote accounts `more`, with their versions from
    /// gossip.
    ///
    /// # Errors
    /// [`ClusterError`]. An endpoint that reports no gossip is no error.
    pub async fn of_cluster<C: Cluster>(cluster: &C, more: &[Address]) -> Result<Self, ClusterError> {
        let set = cluster.validator_set().await?.unwrap_or_default();
        let votes: BTreeSet<Address> = set.iter().map(|validator| validator.vote).chain(more.iter().copied()).collect();
        let nodes = cluster.gossip().await.ok().flatten().unwrap_or_default();
        let versions = nodes.into_iter().filter_map(|node| Some((node.identity, node.version?)));
        let survey = Self::complete(cluster, &Vec::from_iter(votes), Some(set)).await?;
        Ok(Self { versions: versions.collect(), ..survey })
    }

    async fn complete<C: Cluster>(
        cluster: &C,
        votes: &[Address],
        set: Option<Vec<ClusterValidator>>,
    ) -> Result<Self, ClusterError> {
        let (epoch, rent) = (cluster.clock().await?.epoch, cluster.rent().await?);
        let accounts = cluster.accounts(votes).await?;
        let decode =
            |(vote, account): (&Address, &Option<_>)| (*vote, VoteAccount::decode(vote, account.as_ref(), &rent));
        Ok(Self {
            epoch,
            admits: gates::is_active(cluster, ADMISSION).await?,
            set: set.map(|set| set.into_iter().map(|validator| (validator.vote, validator)).collect()),
            accounts: votes.iter().zip(&accounts).map(decode).collect(),
            versions: HashMap::new(),
        })
    }

    /// The epoch in which this was read.
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The vote accounts that were read, in no particular order.
    pub fn votes(&self) -> impl Iterator<Item = &Address> {
        self.accounts.keys()
    }

    /// Version of the software of the validator with this identity, if gossip gives it.
    pub fn version(&self, identity: &Address) -> Option<&str> {
        self.versions.get(identity).map(String::as_str)
    }

    /// Reads about all validators of a pool.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub async fn of_pool<C: Cluster>(cluster: &C, snapshot: &PoolSnapshot) -> Result<Self, ClusterError> {
        let votes: Vec<_> = snapshot.records().iter().map(|record| record.vote_account_address).collect();
        Self::read(cluster, &votes).await
    }

    /// The vote account `vote`; [`VoteAccount::Missing`] if it was not read.
    pub fn account(&self, vote: &Address) -> &VoteAccount {
        self.accounts.get(vote).unwrap_or(&VoteAccount::Missing)
    }

    /// What the cluster reports about the validator; `None` if the endpoint reports no validators. A validator without
    /// stake is in no set.
    pub fn reported(&self, vote: &Address) -> Option<ClusterValidator> {
        let absent = ClusterValidator { vote: *vote, activated_stake: 0, is_admitted: false, is_voting: false };
        Some(self.set.as_ref()?.get(vote).copied().unwrap_or(absent))
    }

    /// Reasons to think twice before delegating to the validator, worst first.
    pub fn cautions(&self, vote: &Address) -> Vec<Caution> {
        cautions(self.account(vote), self.epoch, self.reported(vote).as_ref(), self.admits)
    }

    /// The same for a validator of a pool, and what happened to its stake and its weight. A deactivation by others shows
    /// only if the stake accounts were read. `has_weights` is whether any validator of the pool has a weight
    /// ([`PoolSnapshot::weighted`]).
    pub fn cautions_in_pool(&self, snapshot: &PoolSnapshot, validator: &Validator, has_weights: bool) -> Vec<Caution> {
        let mut found = self.cautions(&validator.vote());
        if !validator.record.is_active() {
            return found;
        }
        if let Some((_, delegation)) = validator.delegation().filter(|(_, delegation)| !delegation.is_delegated()) {
            // The pool deactivates a whole stake account only when it removes the validator.
            found.push(Caution::Deactivated { epoch: delegation.deactivation_epoch.get() });
        }
        if let Some(demotion) = snapshot.demotion_of(validator.record) {
            found.push(Caution::Demoted { epoch: demotion.epoch });
        } else if has_weights && validator.weight() == 0 {
            found.push(Caution::NoWeight);
        }
        found
    }
}
