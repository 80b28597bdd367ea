//! The commands in the groups of the help, one file or folder each: the arguments, and an `execute` that does what they say.

pub mod crank {
    pub mod claim;
    #[expect(clippy::module_inception, reason = "the command has the name of its group")]
    pub mod crank;
    pub mod demote;
    pub mod lookup_tables;
    pub mod rebalance;
    pub mod update;
}

pub mod inspect {
    pub mod announcements;
    pub mod balance;
    pub mod events;
    pub mod explain_stake;
    pub mod history;
    pub mod list;
    pub mod list_pools;
    pub mod report;
    pub mod serve;
    pub mod show;
    pub mod statement;
    pub mod tickets;
}

pub mod manage {
    pub mod add_validator;
    pub mod apply;
    pub mod cancel_announcement;
    pub mod create_pool;
    pub mod decrease;
    pub mod export;
    pub mod extend_pool;
    pub mod increase;
    pub mod plan;
    pub mod remove_validator;
    pub mod select;
    pub mod set_demotion_policy;
    pub mod set_fee;
    pub mod set_funding_authority;
    pub mod set_limits;
    pub mod set_manager;
    pub mod set_metadata;
    pub mod set_policy;
    pub mod set_preferred_validator;
    pub mod set_staker;
    pub mod set_weights;
}

pub mod offline {
    pub mod sign;
    pub mod squads;
    pub mod submit;
}

pub mod setup {
    pub mod completions;
}

pub mod stake {
    pub mod cancel_exit;
    pub mod deposit_sol;
    pub mod deposit_stake;
    pub mod move_stake;
    pub mod withdraw;
    pub mod withdraw_sol;
    pub mod withdraw_stake;
}
