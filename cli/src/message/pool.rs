//! Instructions of stake pool programs.

use {
    super::{accounts::Accounts, extension::sentence},
    std::fmt,
    tidepool_interface::{
        instruction as interface,
        instruction::{ExtensionInstruction as Extension, StakePoolInstruction as Pool},
    },
};

/// What an instruction does; nothing where it is none of a stake pool's.
pub fn instruction(data: &[u8], accounts: &Accounts) -> Option<String> {
    let mut names = accounts.each().map(Name);
    let (known, roles) = if let Ok(known) = Pool::decode(data) {
        (format!("{known:?}"), pool_roles(&known, &mut names))
    } else {
        let known = Extension::decode(data).ok()?;
        (sentence(&known), extension_roles(&known, &mut names))
    };
    let Some(roles) = roles else {
        return Some(format!("{known} on {}", accounts.all()));
    };
    let others: Vec<_> = names.map(|name| format!(", {}", name.0)).collect();
    Some(format!("{known} on {}{}", in_words(&roles), others.concat()))
}

/// What stands for an account.
struct Name(String);

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Takes the accounts of one of the interface's structs, with its names for them.
macro_rules! roles {
    ($accounts:ident, $names:expr) => {
        interface::$accounts::load($names).ok().map(|accounts| format!("{accounts:?}"))
    };
}

/// `pool: A, manager: B` of `SomeAccounts { pool: A, manager: Some(B) }`.
fn in_words(roles: &str) -> String {
    let fields = roles.split_once(" { ").map_or(roles, |(_, fields)| fields.trim_end_matches(" }"));
    fields.replace("Some(", "").replace(')', "").replace(": None", ": none").replace('_', " ")
}

fn pool_roles(known: &Pool, names: &mut impl Iterator<Item = Name>) -> Option<String> {
    match known {
        Pool::Initialize { .. } => roles!(InitializeAccounts, names),
        Pool::AddValidatorToPool { .. } => roles!(AddValidatorToPoolAccounts, names),
        Pool::RemoveValidatorFromPool => roles!(RemoveValidatorFromPoolAccounts, names),
        Pool::DecreaseValidatorStake { .. } => roles!(DecreaseValidatorStakeAccounts, names),
        Pool::IncreaseValidatorStake { .. } => roles!(IncreaseValidatorStakeAccounts, names),
        Pool::SetPreferredValidator { .. } => roles!(SetPreferredValidatorAccounts, names),
        Pool::UpdateValidatorListBalance { .. } => roles!(UpdateValidatorListBalanceAccounts, names),
        Pool::UpdateStakePoolBalance => roles!(UpdateStakePoolBalanceAccounts, names),
        Pool::CleanupRemovedValidatorEntries => roles!(CleanupRemovedValidatorEntriesAccounts, names),
        Pool::DepositStake | Pool::DepositStakeWithSlippage { .. } => roles!(DepositStakeAccounts, names),
        Pool::WithdrawStake { .. } | Pool::WithdrawStakeWithSlippage { .. } => roles!(WithdrawStakeAccounts, names),
        Pool::SetManager => roles!(SetManagerAccounts, names),
        Pool::SetFee { .. } => roles!(SetFeeAccounts, names),
        Pool::SetStaker => roles!(SetStakerAccounts, names),
        Pool::DepositSol { .. } | Pool::DepositSolWithSlippage { .. } => roles!(DepositSolAccounts, names),
        Pool::SetFundingAuthority { .. } => roles!(SetFundingAuthorityAccounts, names),
        Pool::WithdrawSol { .. } | Pool::WithdrawSolWithSlippage { .. } => roles!(WithdrawSolAccounts, names),
        Pool::CreateTokenMetadata { .. } => roles!(CreateTokenMetadataAccounts, names),
        Pool::UpdateTokenMetadata { .. } => roles!(UpdateTokenMetadataAccounts, names),
        Pool::IncreaseAdditionalValidatorStake { .. } => roles!(IncreaseAdditionalValidatorStakeAccounts, names),
        Pool::DecreaseAdditionalValidatorStake { .. } => roles!(DecreaseAdditionalValidatorStakeAccounts, names),
        Pool::DecreaseValidatorStakeWithReserve { .. } => roles!(DecreaseValidatorStakeWithReserveAccounts, names),
        // The program refuses it.
        Pool::Redelegate { .. } => None,
    }
}

fn extension_roles(known: &Extension, names: &mut impl Iterator<Item = Name>) -> Option<String> {
    match known {
        Extension::ExtendPool => roles!(ExtendPoolAccounts, names),
        Extension::SetRebalancePolicy { .. } => roles!(SetRebalancePolicyAccounts, names),
        Extension::SetValidatorWeights { .. } => roles!(SetValidatorWeightsAccounts, names),
        Extension::UpdateValidators { .. } => roles!(UpdateValidatorsAccounts, names),
        Extension::Rebalance { .. } => roles!(RebalanceAccounts, names),
        Extension::SetLimits { .. } => roles!(SetLimitsAccounts, names),
        Extension::CancelAnnouncement { .. } => roles!(CancelAnnouncementAccounts, names),
        Extension::SetDemotionPolicy { .. } => roles!(SetDemotionPolicyAccounts, names),
        Extension::DemoteValidator { .. } => roles!(DemoteValidatorAccounts, names),
        Extension::RequestExit { .. } => roles!(RequestExitAccounts, names),
        Extension::ClaimExit => roles!(ClaimExitAccounts, names),
        Extension::CancelExit => roles!(CancelExitAccounts, names),
    }
}
