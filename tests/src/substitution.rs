//! One account of an instruction replaced, in every way that a caller could.

use {
    crate::vm::Vm,
    solana_account::Account,
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
};

/// A change of one account of an instruction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Substitution {
    /// Another address, at which there is nothing.
    Nothing,
    /// Another address with the same account.
    Copy,
    /// The same address, owned by another program.
    Owner,
    /// The same address, without data.
    Empty,
    /// The same address, its data cut by a byte.
    Truncated,
    /// The same address, its data all zeroes.
    Zeroed,
    /// Not writable.
    ReadOnly,
    /// Not signing.
    Unsigned,
    /// Missing, with all that follow.
    Missing,
    /// The account at this other place of the list.
    Duplicate(usize),
}

/// All that can be done to the account at `index`.
pub fn substitutions(instruction: &Instruction, index: usize) -> Vec<Substitution> {
    use Substitution::*;
    let mut all = vec![Nothing, Copy, Owner, Empty, Truncated, Zeroed, ReadOnly, Unsigned, Missing];
    all.extend((0..instruction.accounts.len()).filter(|other| *other != index).map(Duplicate));
    all
}

/// Changes the account at `index`; `false` where that changes nothing.
pub fn apply(substitution: Substitution, index: usize, instruction: &mut Instruction, vm: &mut Vm) -> bool {
    let address = instruction.accounts[index].pubkey;
    let replace = |meta: &mut AccountMeta, address: Address| meta.pubkey = address;
    let mut change = |change: &dyn Fn(&mut Account)| {
        // Programs and sysvars cannot be changed by any user.
        let Some(account) = vm.accounts.get_mut(&address) else {
            return false;
        };
        let before = account.clone();
        change(account);
        *account != before
    };
    match substitution {
        Substitution::Nothing => replace(&mut instruction.accounts[index], Address::new_unique()),
        Substitution::Copy => {
            let Some(account) = vm.accounts.get(&address).cloned() else {
                return false;
            };
            let copy = Address::new_unique();
            vm.accounts.insert(copy, account);
            replace(&mut instruction.accounts[index], copy);
        }
        Substitution::Owner => return change(&|account| account.owner = Address::new_from_array([9; 32])),
        Substitution::Empty => return change(&|account| account.data.clear()),
        Substitution::Truncated => {
            return change(&|account| account.data.truncate(account.data.len().saturating_sub(1)));
        }
        Substitution::Zeroed => return change(&|account| account.data.fill(0)),
        Substitution::ReadOnly => return std::mem::take(&mut instruction.accounts[index].is_writable),
        Substitution::Unsigned => return std::mem::take(&mut instruction.accounts[index].is_signer),
        Substitution::Missing => instruction.accounts.truncate(index),
        Substitution::Duplicate(other) => {
            let other = instruction.accounts[other].pubkey;
            if other == address {
                return false;
            }
            replace(&mut instruction.accounts[index], other);
        }
    }
    true
}
