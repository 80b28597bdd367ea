//! Instructions of a transaction that creates accounts of a pool.

use {
    super::{
        CreatePool, FoundPool,
        part::{Piece, Progress},
    },
    crate::compute,
    solana_address::Address,
    solana_instruction::Instruction,
    solana_rent::Rent,
    solana_system_interface::instruction as system,
    tidepool_interface::{
        address::SYSTEM_PROGRAM_ID,
        instruction::{ExtendPoolAccounts, ExtensionInstruction, SetRebalancePolicyAccounts},
        state::RebalancePolicy,
    },
};

#[derive(Default)]
pub(super) struct Work {
    pub instructions: Vec<Instruction>,
    pub compute_units: u32,
    /// Lamports that the payer transfers.
    pub lamports: u64,
}

impl Work {
    pub fn add(&mut self, instruction: Instruction, compute_units: u32) {
        self.instructions.push(instruction);
        self.compute_units = self.compute_units.saturating_add(compute_units);
    }

    /// Creates a missing account, and tops up its rent. `CreateAccount` would fail for an address that already has
    /// lamports, sent by another tool or an attacker.
    pub fn add_account(
        &mut self,
        new: &CreatePool,
        rent: &Rent,
        address: &Address,
        piece: Piece,
        length: usize,
        owner: &Address,
    ) {
        let minimum = rent.minimum_balance(length);
        let lacks = minimum.saturating_sub(piece.lamports);
        self.lamports = self.lamports.saturating_add(lacks);
        if piece == Piece::MISSING {
            let create = system::create_account(&new.payer, address, minimum, length as u64, owner);
            return self.add(create, compute::FOREIGN);
        }
        if lacks > 0 {
            self.add(system::transfer(&new.payer, address, lacks), compute::FOREIGN);
        }
        if piece.progress == Progress::Missing {
            self.add(system::allocate(address, length as u64), compute::FOREIGN);
            self.add(system::assign(address, owner), compute::FOREIGN);
        }
    }

    /// Adds the extension and its policy.
    pub fn extend(&mut self, new: &CreatePool, found: &FoundPool) {
        let Some(policy) = new.policy else { return };
        let accounts = ExtendPoolAccounts {
            pool: new.pool,
            manager: new.manager,
            payer: new.payer,
            validator_list: new.validator_list,
            system_program: SYSTEM_PROGRAM_ID,
        };
        let extend = ExtensionInstruction::ExtendPool.with_accounts(&new.program_id, accounts.metas());
        self.add(extend, compute::extend_pool(found.validators));
        if policy != RebalancePolicy::DEFAULT {
            let accounts = SetRebalancePolicyAccounts { pool: new.pool, manager: new.manager };
            let set = ExtensionInstruction::SetRebalancePolicy { policy };
            self.add(set.with_accounts(&new.program_id, accounts.metas()), compute::EXTENSION);
        }
    }
}
