//! The change that is rehearsed with the extension: the weights of a file.
//!
//! A change is read before the pool, so that an unreadable file ends the rehearsal at once. It is resolved for the pool's validators
//! after the extension was added.

use {
    super::{InputError, Options},
    crate::run::RunError,
    solana_address::Address,
    std::{fs, path::PathBuf},
    tidepool_cli::weights_file::WeightsFile,
    tidepool_client::{
        actions::weights::{self, Unlisted},
        error::{PlanError, WeightsError},
        pool::PoolSnapshot,
    },
};

/// Weights of validators (vote accounts).
type Weights = Vec<(Address, u16)>;

/// The change of a rehearsal.
#[derive(Debug)]
pub enum Change {
    /// The pool's own weights; without any, those of its present stake.
    None,
    /// The weights of a file.
    Weights { path: PathBuf, file: WeightsFile, unlisted: Unlisted },
}

impl Change {
    /// Reads the file that the options name.
    ///
    /// # Errors
    /// [`InputError::File`], [`InputError::Weights`].
    pub fn read(options: &Options) -> Result<Self, InputError> {
        let Some(path) = &options.weights else { return Ok(Self::None) };
        fs::File::open(path).map_err(|source| InputError::File { path: path.clone(), source })?;
        let file = WeightsFile::read(path).map_err(|error| InputError::Weights { detail: error.to_string() })?;
        let unlisted = if options.others_keep { Unlisted::Keep } else { Unlisted::Clear };
        Ok(Self::Weights { path: path.clone(), file, unlisted })
    }

    /// The source of the weights, for the report.
    pub fn describe(&self, snapshot: &PoolSnapshot) -> String {
        match self {
            Self::Weights { path, unlisted: Unlisted::Keep, .. } => {
                format!("{}; other validators keep theirs", path.display())
            }
            Self::Weights { path, unlisted: Unlisted::Clear, .. } => {
                format!("{}; other validators get weight 0, and keep their stake", path.display())
            }
            Self::None if snapshot.weighted().next().is_some() => "the pool's own".into(),
            Self::None => "each validator's present stake".into(),
        }
    }

    /// The weights for the extended pool of `snapshot`, and the treatment of other validators.
    ///
    /// # Errors
    /// [`RunError::Weights`], [`RunError::Plan`].
    pub fn weights(&self, snapshot: &PoolSnapshot) -> Result<(Weights, Unlisted), RunError> {
        match self {
            Self::Weights { file, unlisted, .. } => {
                let weights = file.weights(snapshot, *unlisted);
                weights.map(|weights| (weights, *unlisted)).map_err(|error| RunError::Weights(error.to_string()))
            }
            Self::None => Ok((self.default_weights(snapshot).map_err(PlanError::from)?, Unlisted::Keep)),
        }
    }

    /// The weights to set without a file: none for a pool that has weights.
    ///
    /// # Errors
    /// [`WeightsError::NoStake`] for a pool without stake and weights.
    pub fn default_weights(&self, snapshot: &PoolSnapshot) -> Result<Weights, WeightsError> {
        match self {
            Self::None if snapshot.weighted().next().is_none() => weights::by_stake(snapshot),
            _ => Ok(vec![]),
        }
    }
}
