//! What a file wants of a pool: a plan, or a file of the pool as it is to be.

use {
    super::{DesiredFile, Head, PlanFile},
    crate::error::CliError,
    std::path::Path,
    tidepool_client::desired::{Desired, Fault, Live, Step},
};

/// A plan, or a file of a pool as it is to be.
#[derive(Clone, Debug)]
pub enum WantedFile {
    /// A plan, as `tidepool plan` writes it.
    Plan(PlanFile),
    /// A pool, as `tidepool export` writes it.
    Pool(DesiredFile),
}

impl WantedFile {
    /// Reads a file of either kind.
    pub fn read(path: &Path) -> Result<Self, CliError> {
        if PlanFile::is_plan(path)? {
            return Ok(Self::Plan(PlanFile::read(path)?));
        }
        let file = DesiredFile::read(path)?;
        file.check_fees()?;
        Ok(Self::Pool(file))
    }

    pub fn path(&self) -> &Path {
        match self {
            Self::Plan(plan) => &plan.path,
            Self::Pool(file) => &file.path,
        }
    }

    pub const fn head(&self) -> &Head {
        match self {
            Self::Plan(plan) => &plan.head,
            Self::Pool(file) => &file.head,
        }
    }

    /// What the file wants of the pool. All else stays.
    pub fn desired(&self) -> Desired {
        match self {
            Self::Plan(plan) => plan.desired(),
            Self::Pool(file) => file.desired.clone(),
        }
    }

    /// The error about a part, with its place.
    pub fn fault(&self, fault: Fault) -> CliError {
        match self {
            Self::Plan(plan) => plan.error(fault.part, fault.error.into()),
            Self::Pool(file) => file.fault(fault),
        }
    }

    /// Omits a section of settings. Whether the file has it.
    pub fn omit(&mut self, section: &str) -> bool {
        match self {
            Self::Plan(plan) => plan.omit(section),
            Self::Pool(file) => {
                let settings = file.desired.settings.extract_if(.., |setting, _| setting.section() == section);
                settings.count() > 0
            }
        }
    }

    /// Refuses a plan for a pool that has changed since in what the plan changes.
    pub fn check(&self, live: &Live, steps: &[Step]) -> Result<(), CliError> {
        match self {
            Self::Plan(plan) => {
                plan.check(live)?;
                plan.check_announcements(live, steps)
            }
            Self::Pool(_) => Ok(()),
        }
    }
}
