//! The extension's instructions that look after holders: limits, announcements, demotion, exit tickets.

use {
    super::{Holder, accounts},
    crate::{accounts::owned_account, pool::PoolFixture, vm::Vm},
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
    spl_token_interface::state::AccountState,
    tidepool_interface::{
        address::{find_escrow, find_exit_ticket},
        instruction::{
            CancelAnnouncementAccounts, CancelExitAccounts, ClaimExitAccounts, DemoteValidatorAccounts,
            ExtensionInstruction as Ix, RequestExitAccounts, SetDemotionPolicyAccounts, SetLimitsAccounts,
        },
        state::{AnnouncementKind, DemotionGround, DemotionPolicy, ExitTicket, Limits},
    },
};

impl PoolFixture {
    /// `SetLimits`, signed by the manager or the guardian.
    pub fn set_limits(&self, signer: Address, limits: Limits) -> Instruction {
        let accounts = accounts!(self => SetLimitsAccounts { pool, manager_or_guardian: signer });
        Ix::SetLimits { limits }.with_accounts(&self.program_id, accounts.metas())
    }

    /// `CancelAnnouncement`, signed by the manager or the guardian.
    pub fn cancel_announcement(&self, signer: Address, kind: AnnouncementKind) -> Instruction {
        let accounts = accounts!(self => CancelAnnouncementAccounts { pool, manager_or_guardian: signer });
        Ix::CancelAnnouncement { kind }.with_accounts(&self.program_id, accounts.metas())
    }

    /// `SetDemotionPolicy`.
    pub fn set_demotion_policy(&self, policy: DemotionPolicy) -> Instruction {
        let accounts = accounts!(self => SetDemotionPolicyAccounts { pool, manager });
        Ix::SetDemotionPolicy { policy }.with_accounts(&self.program_id, accounts.metas())
    }

    /// `DemoteValidator` of the validator at `index`, beside that of a peer.
    pub fn demote(
        &self,
        (index, vote): (u32, Address),
        ground: DemotionGround,
        peer: Option<(u32, Address)>,
    ) -> Instruction {
        let accounts = accounts!(self => DemoteValidatorAccounts { pool, validator_list, vote: vote, peer_vote: peer.map(|peer| peer.1) });
        let peer_index = peer.map_or(0, |peer| peer.0);
        Ix::DemoteValidator { index, peer_index, ground }.with_accounts(&self.program_id, accounts.metas())
    }

    /// The escrow of the pool's exit tickets.
    pub fn escrow(&self) -> Address {
        let head = &self.state.head;
        find_escrow(&self.withdraw_authority, &head.token_program_id, &head.pool_mint).0
    }

    /// Makes the escrow, as any fee payer can with the associated token account program.
    pub fn add_escrow(&self, vm: &mut Vm) -> Address {
        let data = crate::accounts::token_account(
            self.state.head.pool_mint,
            self.withdraw_authority,
            0,
            AccountState::Initialized,
        );
        let account = owned_account(data, self.state.head.token_program_id, vm);
        vm.accounts.insert(self.escrow(), account);
        self.escrow()
    }

    /// The address of an exit ticket.
    pub fn ticket(&self, id: u64) -> Address {
        find_exit_ticket(&self.program_id, &self.pool, id).0
    }

    /// `RequestExit` of the ticket `id`, to be paid to `recipient`.
    pub fn request_exit(
        &self,
        holder: Holder,
        (id, recipient): (u64, Address),
        pool_tokens: u64,
        minimum_lamports: u64,
    ) -> Instruction {
        let accounts = accounts!(self => RequestExitAccounts {
            pool, withdraw_authority, owner: holder.wallet, pool_tokens_from: holder.tokens, escrow: self.escrow(),
            ticket: self.ticket(id), recipient: recipient, manager_fee_account, pool_mint, payer: holder.wallet,
            token_program, system_program,
        });
        Ix::RequestExit { pool_tokens, minimum_lamports }.with_accounts(&self.program_id, accounts.metas())
    }

    /// `ClaimExit` of a ticket.
    pub fn claim_exit(&self, ticket: &ExitTicket) -> Instruction {
        let accounts = accounts!(self => ClaimExitAccounts {
            pool, withdraw_authority, ticket: self.ticket(ticket.id.get()), ticket_owner: ticket.owner,
            recipient: ticket.recipient, escrow: self.escrow(), pool_mint, reserve_stake, clock, stake_history,
            stake_program, token_program,
        });
        Ix::ClaimExit.with_accounts(&self.program_id, accounts.metas())
    }

    /// `CancelExit` of the ticket `id` by its owner.
    pub fn cancel_exit(&self, owner: Holder, id: u64) -> Instruction {
        let accounts = accounts!(self => CancelExitAccounts {
            pool, withdraw_authority, ticket: self.ticket(id), ticket_owner: owner.wallet, pool_tokens_to: owner.tokens,
            escrow: self.escrow(), pool_mint, token_program,
        });
        Ix::CancelExit.with_accounts(&self.program_id, accounts.metas())
    }
}

/// The instruction without this key's signature.
pub fn unsigned(instruction: &Instruction, key: &Address) -> Instruction {
    let accounts = instruction
        .accounts
        .iter()
        .map(|meta| AccountMeta { is_signer: meta.is_signer && meta.pubkey != *key, ..meta.clone() });
    Instruction { accounts: accounts.collect(), ..instruction.clone() }
}
