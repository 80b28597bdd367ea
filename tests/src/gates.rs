//! The sets of feature gates that the tests run under.

use {agave_feature_set::FeatureSet, solana_svm_feature_set::SVMFeatureSet, std::env, tidepool_client::gates};

/// Names the set for the tests of a process: `mainnet` or `all`. Unset, it is `all`.
pub const VARIABLE: &str = "TIDEPOOL_GATES";

/// A set of feature gates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Gates {
    /// Those that are active on mainnet, as the committed table says.
    Mainnet,
    /// Every gate that the pinned Agave knows.
    All,
}

impl Gates {
    /// Both sets.
    pub const BOTH: [Self; 2] = [Self::Mainnet, Self::All];

    /// The set that [`VARIABLE`] names.
    pub fn of_environment() -> Self {
        match env::var(VARIABLE) {
            Err(env::VarError::NotPresent) => Self::All,
            Ok(name) if name == Self::All.name() => Self::All,
            Ok(name) if name == Self::Mainnet.name() => Self::Mainnet,
            other => panic!("{VARIABLE} is {other:?}: set it to `mainnet` or `all`"),
        }
    }

    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mainnet => "mainnet",
            Self::All => "all",
        }
    }

    /// The gates that a bank would have active.
    pub fn feature_set(self) -> FeatureSet {
        let mut active = FeatureSet::all_enabled();
        if self == Self::Mainnet {
            let pending = gates::known().iter().filter(|gate| gate.mainnet_epoch.is_none());
            pending.for_each(|gate| active.deactivate(&gate.address));
        }
        active
    }

    /// The gates that the VM asks for.
    pub fn of_vm(self) -> SVMFeatureSet {
        self.feature_set().runtime_features()
    }
}
