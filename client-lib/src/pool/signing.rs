//! Addresses that cannot sign. Assets sent to them are lost.

use {
    super::{AccountKind, PoolSnapshot, Role},
    solana_account::Account,
    solana_address::Address,
    solana_sdk_ids as ids,
    std::fmt,
};

/// Addresses reserved by the cluster. Some have no account; most accounts at them are executable.
const NATIVE_PROGRAMS: [Address; 18] = [
    ids::address_lookup_table::ID,
    ids::bpf_loader::ID,
    ids::bpf_loader_deprecated::ID,
    ids::bpf_loader_upgradeable::ID,
    ids::compute_budget::ID,
    ids::config::ID,
    ids::ed25519_program::ID,
    ids::feature::ID,
    ids::loader_v4::ID,
    ids::native_loader::ID,
    ids::secp256k1_program::ID,
    ids::secp256r1_program::ID,
    ids::stake::ID,
    ids::stake::config::ID,
    ids::system_program::ID,
    ids::vote::ID,
    ids::zk_elgamal_proof_program::ID,
    ids::zk_token_proof_program::ID,
];

const SYSVARS: [Address; 13] = [
    ids::sysvar::ID,
    ids::sysvar::clock::ID,
    ids::sysvar::epoch_rewards::ID,
    ids::sysvar::epoch_schedule::ID,
    ids::sysvar::fees::ID,
    ids::sysvar::instructions::ID,
    ids::sysvar::last_restart_slot::ID,
    ids::sysvar::recent_blockhashes::ID,
    ids::sysvar::rent::ID,
    ids::sysvar::rewards::ID,
    ids::sysvar::slot_hashes::ID,
    ids::sysvar::slot_history::ID,
    ids::sysvar::stake_history::ID,
];

/// Kind of an address that cannot sign a transaction; at most a program can sign for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NonSigner {
    /// The pool, or one of its accounts.
    Pool(Role),
    /// A native program.
    NativeProgram,
    /// A sysvar.
    Sysvar,
    /// The incinerator, which burns lamports.
    Incinerator,
    /// An account of a program other than the system program.
    Account(AccountKind),
}

impl NonSigner {
    /// Classifies `address` with the account at it; `parts` are addresses of the current pool. `None` for a wallet, and
    /// for an address without an account: a new wallet, or a multisig vault.
    pub fn of(parts: &[(Address, Role)], address: &Address, account: Option<&Account>) -> Option<Self> {
        if let Some((_, role)) = parts.iter().find(|(part, _)| part == address) {
            return Some(Self::Pool(*role));
        }
        if NATIVE_PROGRAMS.contains(address) {
            return Some(Self::NativeProgram);
        }
        if SYSVARS.contains(address) {
            return Some(Self::Sysvar);
        }
        if *address == ids::incinerator::ID {
            return Some(Self::Incinerator);
        }
        match AccountKind::of(account?) {
            AccountKind::Wallet => None,
            kind => Some(Self::Account(kind)),
        }
    }
}

impl fmt::Display for NonSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pool(Role::Pool) => f.write_str("the pool itself"),
            Self::Pool(role) => write!(f, "the {role} of the pool"),
            Self::NativeProgram => f.write_str("the address of a native program"),
            Self::Sysvar => f.write_str("a sysvar"),
            Self::Incinerator => f.write_str("the incinerator, which burns its balance"),
            Self::Account(kind) => kind.fmt(f),
        }
    }
}

impl PoolSnapshot {
    /// The pool's addresses with their roles, for [`NonSigner::of`].
    pub fn parts(&self) -> [(Address, Role); 6] {
        let head = &self.pool().head;
        [
            (self.address(), Role::Pool),
            (head.validator_list, Role::ValidatorList),
            (head.reserve_stake, Role::Reserve),
            (head.pool_mint, Role::Mint),
            (self.withdraw_authority(), Role::WithdrawAuthority),
            (self.default_deposit_authority(), Role::DepositAuthority),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(owner: Address, data: Vec<u8>) -> Account {
        Account { lamports: 1, data, owner, ..Account::default() }
    }

    #[test]
    fn wallets_and_missing_accounts_can_sign() {
        let address = Address::new_from_array([7; 32]);
        assert_eq!(NonSigner::of(&[], &address, None), None);
        assert_eq!(NonSigner::of(&[], &address, Some(&owned(ids::system_program::ID, vec![]))), None);
    }

    #[test]
    fn reserved_addresses_cannot_sign() {
        for (address, what) in [
            (ids::system_program::ID, NonSigner::NativeProgram),
            (ids::sysvar::instructions::ID, NonSigner::Sysvar),
            (ids::incinerator::ID, NonSigner::Incinerator),
        ] {
            assert_eq!(NonSigner::of(&[], &address, None), Some(what));
        }
    }

    #[test]
    fn pool_accounts_cannot_sign() {
        let address = Address::new_from_array([7; 32]);
        let found = NonSigner::of(&[(address, Role::WithdrawAuthority)], &address, None);
        assert_eq!(found.map(|found| found.to_string()).as_deref(), Some("the withdraw authority of the pool"));
    }

    #[test]
    fn names_accounts_of_other_programs() {
        let address = Address::new_from_array([7; 32]);
        let kind = |owner, data| NonSigner::of(&[], &address, Some(&owned(owner, data))).map(|found| found.to_string());
        assert_eq!(kind(ids::system_program::ID, vec![0; 80]).as_deref(), Some("a nonce account"));
        assert_eq!(kind(ids::vote::ID, vec![]).as_deref(), Some("a validator's vote account"));
        let other = Address::new_from_array([9; 32]);
        assert_eq!(kind(other, vec![]), Some(format!("an account of program {other}")));
    }
}
