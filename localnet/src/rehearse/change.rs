//! The change that is rehearsed with the extension: weights, or what a file wants of the pool.
//!
//! A change is read before the pool, so that an unreadable file ends the rehearsal at once. It is resolved for the pool's validators
//! after the extension was added.

use {
    super::{InputError, Options, RehearseError},
    crate::run::RunError,
    solana_address::Address,
    std::{fs, path::PathBuf},
    tidepool_cli::{desired::WantedFile, weights_file::WeightsFile},
    tidepool_client::{
        actions::weights::{self, Unlisted},
        desired::Setting,
        error::{PlanError, WeightsError},
        pool::PoolSnapshot,
    },
};

/// Weights of validators (vote accounts).
type Weights = Vec<(Address, u16)>;

/// The change of a rehearsal.
#[derive(Debug)]
pub enum Change {
    /// Weights.
    Weights(NewWeights),
    /// What a plan, or a file of the pool as it is to be, wants.
    Plan(Box<WantedFile>),
}

impl Change {
    /// Reads the file that the options name.
    ///
    /// # Errors
    /// [`InputError::File`], [`InputError::Weights`]; [`RunError::File`] for a plan.
    pub fn read(options: &Options) -> Result<Self, RehearseError> {
        match &options.plan {
            Some(path) => Ok(Self::Plan(Box::new(WantedFile::read(path).map_err(RunError::from)?))),
            None => Ok(Self::Weights(NewWeights::read(options)?)),
        }
    }

    /// Omits the metadata of the pool token from a plan. Whether it has any.
    pub fn omit_metadata(&mut self) -> bool {
        match self {
            Self::Weights(_) => false,
            Self::Plan(file) => file.omit(Setting::TokenName.section()),
        }
    }

    /// The plan, if there is one.
    pub fn plan(&self) -> Option<&WantedFile> {
        match self {
            Self::Weights(_) => None,
            Self::Plan(file) => Some(file),
        }
    }
}

/// Weights for the extended pool.
#[derive(Debug)]
pub enum NewWeights {
    /// The pool's own weights; without any, those of its present stake.
    Own,
    /// Those of a file.
    OfFile { path: PathBuf, file: WeightsFile, unlisted: Unlisted },
}

impl NewWeights {
    fn read(options: &Options) -> Result<Self, InputError> {
        let Some(path) = &options.weights else { return Ok(Self::Own) };
        fs::File::open(path).map_err(|source| InputError::File { path: path.clone(), source })?;
        let file = WeightsFile::read(path).map_err(|error| InputError::Weights { detail: error.to_string() })?;
        let unlisted = if options.others_keep { Unlisted::Keep } else { Unlisted::Clear };
        Ok(Self::OfFile { path: path.clone(), file, unlisted })
    }

    /// The source of the weights, for the report.
    pub fn describe(&self, snapshot: &PoolSnapshot) -> String {
        match self {
            Self::OfFile { path, unlisted: Unlisted::Keep, .. } => {
                format!("{}; other validators keep theirs", path.display())
            }
            Self::OfFile { path, unlisted: Unlisted::Clear, .. } => {
                format!("{}; other validators get weight 0, and keep their stake", path.display())
            }
            Self::Own if snapshot.weighted().next().is_some() => "the pool's own".into(),
            Self::Own => "each validator's present stake".into(),
        }
    }

    /// The weights for the extended pool of `snapshot`, and the treatment of other validators.
    ///
    /// # Errors
    /// [`RunError::Weights`], [`RunError::Plan`].
    pub fn weights(&self, snapshot: &PoolSnapshot) -> Result<(Weights, Unlisted), RunError> {
        match self {
            Self::OfFile { file, unlisted, .. } => {
                let weights = file.weights(snapshot, *unlisted);
                weights.map(|weights| (weights, *unlisted)).map_err(|error| RunError::Weights(error.to_string()))
            }
            Self::Own => Ok((self.default_weights(snapshot).map_err(PlanError::from)?, Unlisted::Keep)),
        }
    }

    /// The weights to set without a file: none for a pool that has weights.
    ///
    /// # Errors
    /// [`WeightsError::NoStake`] for a pool without stake and weights.
    pub fn default_weights(&self, snapshot: &PoolSnapshot) -> Result<Weights, WeightsError> {
        match self {
            Self::Own if snapshot.weighted().next().is_none() => weights::by_stake(snapshot),
            _ => Ok(vec![]),
        }
    }
}
