//! A user who is neither a pool's manager nor its staker, and whose program does nothing.

use {
    crate::{
        SOL,
        accounts::{UserStake, add_vote_account, add_wallet},
        pool::PoolFixture,
        vm::Vm,
    },
    mollusk_svm::program::create_program_account_loader_v3,
    solana_address::Address,
};

/// What any user can have.
#[derive(Clone, Copy, Debug)]
pub struct Stranger {
    /// A wallet, which signs whatever is asked of it.
    pub wallet: Address,
    /// A token account of the pool's mint, without tokens.
    pub tokens: Address,
    /// Delegated stake.
    pub stake: Address,
    /// A program that succeeds whatever it is asked to do, and does nothing.
    pub program: Address,
}

impl Stranger {
    /// Makes the stranger's accounts.
    pub fn add(pool: &PoolFixture, vm: &mut Vm) -> Self {
        let wallet = add_wallet(100 * SOL, vm);
        let tokens = pool.add_token_account(wallet, 0, vm);
        let vote = pool.validators.first().map_or_else(|| add_vote_account(vm), |validator| validator.vote);
        let stake = UserStake { authority: wallet, vote, delegated: 20 * SOL, idle: 0, activation_epoch: 0 }.add(vm);
        let program = Address::new_unique();
        vm.replace_program(&program, &idle_program());
        vm.accounts.insert(program, create_program_account_loader_v3(&program));
        Self { wallet, tokens, stake, program }
    }
}

/// The ELF of a program that returns 0 and does nothing else.
pub fn idle_program() -> Vec<u8> {
    /// `mov64 r0, 0` and `exit`.
    const CODE: [u8; 16] = [0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0];
    const NAMES: [u8; 24] = *b"\0.text\0.shstrtab\0\0\0\0\0\0\0\0";
    const HEADER: u64 = 64;
    const NAMES_AT: u64 = HEADER + CODE.len() as u64;
    const SECTIONS_AT: u64 = NAMES_AT + NAMES.len() as u64;
    let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    // A shared object for BPF, version 1.
    elf.extend([3, 0, 247, 0, 1, 0, 0, 0]);
    for word in [HEADER, 0, SECTIONS_AT] {
        elf.extend(word.to_le_bytes());
    }
    // No flags; lengths and counts of the header, program headers (none) and sections, and the section with the names.
    elf.extend([0; 4]);
    for half in [HEADER as u16, 56, 0, 64, 3, 2] {
        elf.extend(half.to_le_bytes());
    }
    elf.extend(CODE);
    elf.extend(NAMES);
    // The empty section; the code, which is to be loaded and run; the names.
    let sections = [
        [0; 6],
        [1 | 1 << 32, 6, HEADER, HEADER, CODE.len() as u64, 8],
        [7 | 3 << 32, 0, 0, NAMES_AT, NAMES.len() as u64, 1],
    ];
    for [name_and_kind, flags, address, offset, length, alignment] in sections {
        for word in [name_and_kind, flags, address, offset, length, 0, alignment, 0] {
            elf.extend(word.to_le_bytes());
        }
    }
    elf
}
