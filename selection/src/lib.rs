//! Validators of a pool, chosen and weighed by a policy file.
//!
//! [`Facts`] about validators come from a cluster, further ones from CSV or JSON files ([`Table`]). A [`Policy`] has rules,
//! formulas, caps and a hysteresis. [`select`] applies it. No network, no clock, no random numbers: the same bytes yield
//! the same [`Selection`] on every machine. Formulas use the operations that IEEE 754 rounds exactly; shares are integers.
//!
//! ```
//! # use tidepool_selection::{Facts, Inputs, Policy, select};
//! let policy = Policy::parse("[[rule]]\nname = \"commission\"\nkeep = \"commission_bps <= 500\"\n")?;
//! let inputs = Inputs { policy: &policy, policy_file: "policy.toml", facts: &Facts::default(), tables: &[] };
//! let error = select(&inputs).unwrap_err();
//! assert_eq!(error.to_string(), "no validator is left: 0 were read, and the policy excludes 0");
//! # Ok::<_, tidepool_selection::Problem>(())
//! ```

pub mod csv;
mod data;
mod digest;
mod expression;
mod facts;
mod number;
mod place;
mod policy;
mod select;
mod weights_file;

pub use {
    data::Table,
    digest::{Digest, digest},
    expression::Value,
    facts::{EpochCredits, FACTS_FORMAT, Facts, InPool, Validator},
    place::{Place, Problem},
    policy::{Policy, Share},
    select::{Cap, Chosen, Excluded, Inputs, Reason, SelectError, Selection, select},
    weights_file::weights_file,
};
