//! All states of small pools that an adversary can reach, by a model checker.

use {
    crate::{
        adversary::is_settled,
        callers::serve_all,
        model::Pool,
        pools::record,
    },
    stateright::{Checker, Model, Property},
    tidepool_interface::{
        rebalance::Inputs,
        state::{RebalancePolicy, ValidatorStakeInfo},
    },
};
