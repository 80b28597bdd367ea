//! Changes that an extended pool announces before they are made, with their arguments.

use {
    bytemuck::{Pod, bytes_of, pod_read_unaligned},
    solana_address::Address,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        instruction::FundingType,
        state::{ANNOUNCED_VALUE_LENGTH, AnnouncementKind, DemotionPolicy, PodFee, RebalancePolicy},
    },
};

/// A change that has to be announced in a pool with a notice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AnnouncedChange {
    /// A new manager, and the token account that receives its fees.
    Manager {
        /// The manager.
        manager: Address,
        /// Its token account.
        fee_account: Address,
    },
    /// A new staker, set by the manager.
    Staker(Address),
    /// A new funding authority; `None` to make the operation permissionless.
    FundingAuthority(FundingType, Option<Address>),
    /// A higher fee on SOL deposits.
    SolDepositFee(Fee),
    /// A higher fee on stake deposits.
    StakeDepositFee(Fee),
    /// A rebalance policy.
    RebalancePolicy(RebalancePolicy),
    /// A demotion policy.
    DemotionPolicy(DemotionPolicy),
}

impl AnnouncedChange {
    /// Decodes the value of an announcement of `kind`.
    pub fn decode(kind: AnnouncementKind, value: &[u8; ANNOUNCED_VALUE_LENGTH]) -> Self {
        let authority = |funding_type| {
            let is_set = value[size_of::<Address>()] == 1;
            Self::FundingAuthority(funding_type, is_set.then(|| prefix(value)))
        };
        match kind {
            AnnouncementKind::Manager => {
                let [manager, fee_account] = prefix(value);
                Self::Manager { manager, fee_account }
            }
            AnnouncementKind::Staker => Self::Staker(prefix(value)),
            AnnouncementKind::StakeDepositAuthority => authority(FundingType::StakeDeposit),
            AnnouncementKind::SolDepositAuthority => authority(FundingType::SolDeposit),
            AnnouncementKind::SolWithdrawAuthority => authority(FundingType::SolWithdraw),
            AnnouncementKind::SolDepositFee => Self::SolDepositFee(prefix::<PodFee>(value).get()),
            AnnouncementKind::StakeDepositFee => Self::StakeDepositFee(prefix::<PodFee>(value).get()),
            AnnouncementKind::RebalancePolicy => Self::RebalancePolicy(prefix(value)),
            AnnouncementKind::DemotionPolicy => Self::DemotionPolicy(prefix(value)),
        }
    }

    /// The kind of its announcement.
    pub const fn kind(&self) -> AnnouncementKind {
        match self {
            Self::Manager { .. } => AnnouncementKind::Manager,
            Self::Staker(_) => AnnouncementKind::Staker,
            Self::FundingAuthority(FundingType::StakeDeposit, _) => AnnouncementKind::StakeDepositAuthority,
            Self::FundingAuthority(FundingType::SolDeposit, _) => AnnouncementKind::SolDepositAuthority,
            Self::FundingAuthority(FundingType::SolWithdraw, _) => AnnouncementKind::SolWithdrawAuthority,
            Self::SolDepositFee(_) => AnnouncementKind::SolDepositFee,
            Self::StakeDepositFee(_) => AnnouncementKind::StakeDepositFee,
            Self::RebalancePolicy(_) => AnnouncementKind::RebalancePolicy,
            Self::DemotionPolicy(_) => AnnouncementKind::DemotionPolicy,
        }
    }

    /// The value of its announcement, as the program stores it.
    pub fn value(&self) -> [u8; ANNOUNCED_VALUE_LENGTH] {
        match self {
            Self::Manager { manager, fee_account } => padded(&[manager.as_ref(), fee_account.as_ref()]),
            Self::Staker(staker) => padded(&[staker.as_ref()]),
            Self::FundingAuthority(_, Some(authority)) => padded(&[authority.as_ref(), &[1]]),
            Self::FundingAuthority(_, None) => [0; ANNOUNCED_VALUE_LENGTH],
            Self::SolDepositFee(fee) | Self::StakeDepositFee(fee) => padded(&[bytes_of(&PodFee::from(*fee))]),
            Self::RebalancePolicy(policy) => padded(&[bytes_of(policy)]),
            Self::DemotionPolicy(policy) => padded(&[bytes_of(policy)]),
        }
    }
}

/// The first bytes of a value, as account data.
fn prefix<T: Pod>(value: &[u8; ANNOUNCED_VALUE_LENGTH]) -> T {
    pod_read_unaligned(&value[..size_of::<T>()])
}

fn padded(parts: &[&[u8]]) -> [u8; ANNOUNCED_VALUE_LENGTH] {
    let mut value = [0; ANNOUNCED_VALUE_LENGTH];
    value.iter_mut().zip(parts.iter().copied().flatten()).for_each(|(to, from)| *to = *from);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_as_they_are_stored() {
        let [one, two] = [1, 2].map(|number| Address::new_from_array([number; 32]));
        let changes = [
            AnnouncedChange::Manager { manager: one, fee_account: two },
            AnnouncedChange::Staker(one),
            AnnouncedChange::FundingAuthority(FundingType::StakeDeposit, Some(one)),
            AnnouncedChange::FundingAuthority(FundingType::SolDeposit, None),
            AnnouncedChange::FundingAuthority(FundingType::SolWithdraw, Some(two)),
            AnnouncedChange::SolDepositFee(Fee::new(1, 100)),
            AnnouncedChange::StakeDepositFee(Fee::new(3, 1_000)),
            AnnouncedChange::RebalancePolicy(RebalancePolicy::DEFAULT),
            AnnouncedChange::DemotionPolicy(DemotionPolicy { cooldown_epochs: 5.into(), ..DemotionPolicy::NONE }),
        ];
        assert!(changes.iter().map(AnnouncedChange::kind).eq(AnnouncementKind::ALL));
        for change in changes {
            assert_eq!(AnnouncedChange::decode(change.kind(), &change.value()), change);
        }
    }
}
