//! Proposing a change to a Squads multisig, in place of sending it.

use {
    super::Context,
    crate::{
        args::Vault,
        error::CliError,
        message::Message,
        output::Text,
        unsent::{Halt, Proposed, Unsent},
    },
    solana_address::Address,
    solana_signer::null_signer::NullSigner,
    tidepool_client::{
        cluster::Cluster,
        pack::{self, COMPUTE_BUDGET_BYTES, PackError, PackOptions, TransactionFormat},
        plan::{InstructionGroup, Plan},
        send::{Outgoing, SendOptions, Sender},
    },
    tidepool_squads::{
        PROGRAM_ID, address,
        instruction::{self, VaultTransactionCreate},
        message::VaultMessage,
        state::{Multisig, Permissions},
    },
};

/// Compute units of an instruction of the multisig's program that creates an account.
const CREATE: u32 = 60_000;

/// Bytes that a proposal needs in a transaction beside the message: signatures, accounts and arguments.
const BYTES_BESIDE_MESSAGE: usize = 350;

/// Bytes of another signer: signature and address.
const SIGNER_BYTES: usize = 64 + 32;

/// Bytes of the instruction that advances a nonce, with its addresses.
const NONCE_BYTES: usize = 4 * 32 + 10;

/// Reads a multisig.
pub async fn read_multisig<C: Cluster>(cluster: &C, multisig: &Address) -> Result<Multisig, CliError> {
    let account = cluster.account(multisig).await?;
    let account = account.filter(|account| account.owner == PROGRAM_ID).ok_or_else(|| {
        CliError::usage(format!(
            "{multisig} is not a Squads v4 multisig: specify the address of the multisig account, not that of its vault"
        ))
    })?;
    Multisig::decode(&account.data).map_err(|error| CliError::usage(format!("invalid multisig {multisig}: {error}")))
}

impl<C: Cluster> Context<'_, C> {
    /// Checks that the user may propose to the multisig, where one is given: before anything else is read or asked.
    pub async fn check_multisig(&self) -> Result<(), CliError> {
        match self.vault {
            Some(vault) => self.multisig_to_propose_to(vault).await.map(|_| ()),
            None => Ok(()),
        }
    }

    async fn multisig_to_propose_to(&self, vault: Vault) -> Result<Multisig, CliError> {
        let multisig = read_multisig(self.cluster, &vault.multisig).await?;
        check_permission(&multisig, &vault.multisig, &self.own_wallet()?.pubkey(), Permissions::PROPOSE)?;
        Ok(multisig)
    }

    /// Proposes a plan to the multisig of `vault`, in place of sending it: as one transaction, or as a batch. It ends the command, with
    /// the proposal as its answer.
    pub(super) async fn propose(&self, plan: &Plan, vault: Vault, options: SendOptions) -> Halt {
        match Box::pin(self.proposed(plan, vault, options)).await {
            Ok(unsent) => Halt::Unsent(Box::new(unsent)),
            Err(halt) => halt,
        }
    }

    async fn proposed(&self, plan: &Plan, vault: Vault, options: SendOptions) -> Result<Unsent, Halt> {
        let program_id = options.pool_program.unwrap_or_default();
        let stages = self.packed_for_vault(plan, vault)?;
        let others = self.other_signers(&stages, vault)?;
        let rehearsed = self.rehearsed_as(vault, &others, &stages, &options, program_id).await?;
        if self.global.transactions.dry_run || rehearsed.would_fail() {
            if !self.global.transactions.dry_run {
                self.terminal.note("The change would fail now: nothing was proposed");
            }
            return Ok(rehearsed);
        }
        let member = self.own_wallet()?;
        // Its last index may have changed while the user was asked.
        let multisig = self.multisig_to_propose_to(vault).await?;
        let messages = stages.iter().flatten().map(|outgoing| VaultMessage::compile(&outgoing.instructions));
        let messages: Vec<_> = messages.collect::<Result<_, _>>().map_err(too_large)?;
        let index = multisig.transaction_index.saturating_add(1);
        let proposal = Proposal {
            vault,
            index,
            member: member.pubkey(),
            payer: self.own_fee_payer()?.pubkey(),
            memo: self.global.transactions.squads.memo.as_deref(),
        };
        let outer = proposal.plan(&messages).map_err(too_large)?;
        let sent = self.send_now(&outer, &[member], options, &TransactionFormat::Legacy).await;
        let transactions = sent.map_err(|halt| if messages.len() > 1 { unfinished(halt, index) } else { halt })?;
        let does = messages.iter().flat_map(|message| Message::of_vault(message, None).instructions(Some(program_id)));
        Ok(Unsent::Proposed(Box::new(Proposed {
            multisig: Text(vault.multisig),
            index,
            proposal: Text(address::proposal(&vault.multisig, index)),
            vault: Text(vault.address),
            vault_index: vault.index,
            batch: messages.len() > 1,
            approvals_needed: multisig.threshold,
            time_lock_seconds: multisig.time_lock,
            also_signed_by: others.into_iter().map(Text).collect(),
            does: does.collect(),
            transactions,
        })))
    }

    /// Bytes of a transaction that a change cannot use, where it is proposed to a multisig; else 0.
    pub fn bytes_beside_message(&self) -> usize {
        let squads = &self.global.transactions.squads;
        let memo = squads.memo.as_ref().map_or(0, String::len);
        let separate = self.global.fee_payer.as_ref().map_or(0, |_| SIGNER_BYTES);
        let nonce = self.global.transactions.nonce.map_or(0, |_| NONCE_BYTES);
        if squads.multisig.is_some() { BYTES_BESIDE_MESSAGE + memo + separate + nonce } else { 0 }
    }

    /// The transactions of a plan as a vault signs them, small enough to be proposed.
    fn packed_for_vault(&self, plan: &Plan, vault: Vault) -> Result<Vec<Vec<Outgoing>>, CliError> {
        let reserved_bytes = COMPUTE_BUDGET_BYTES + self.bytes_beside_message();
        let packing = PackOptions { reserved_bytes, ..PackOptions::new(vault.address) };
        pack::pack_plan(plan, &packing).map_err(|error| match error {
            PackError::TooManyBytes { label, .. } => CliError::usage(format!(
                "\"{label}\" is too large for a transaction of a multisig, which holds about 800 bytes with its memo: change \
                 less at once, or shorten --memo"
            )),
            error => error.into(),
        })
    }

    /// Wallets that have to sign the execution besides the vault. They can only be those whose keys the user has.
    fn other_signers(&self, stages: &[Vec<Outgoing>], vault: Vault) -> Result<Vec<Address>, CliError> {
        let mut others: Vec<_> = stages.iter().flatten().flat_map(Outgoing::signers).collect();
        others.sort();
        others.dedup();
        others.retain(|signer| *signer != vault.address);
        match others.iter().find(|signer| !self.keyring.has_opened(signer)) {
            Some(new) => Err(CliError::usage(format!(
                "the change is also signed by {new}, the key of a new account, which cannot be kept until the proposal is \
                 executed: a multisig cannot run this command"
            ))),
            None => Ok(others),
        }
    }

    /// What would happen if the vault's transactions ran now. The runtime does not check signatures in a simulation.
    async fn rehearsed_as(
        &self,
        vault: Vault,
        others: &[Address],
        stages: &[Vec<Outgoing>],
        options: &SendOptions,
        program_id: Address,
    ) -> Result<Unsent, Halt> {
        let payer = NullSigner::new(&self.own_fee_payer()?.pubkey());
        let signers: Vec<_> = others.iter().chain([&vault.address]).map(NullSigner::new).collect();
        let signers = signers.iter().map(|signer| signer as &dyn solana_signer::Signer);
        let sender = Sender::new(self.cluster, &payer).signers(signers).options(options.clone());
        Ok(Unsent::rehearsed(&sender, stages, program_id).await?)
    }
}

/// Checks that a member may do something.
pub fn check_permission(
    multisig: &Multisig,
    address: &Address,
    member: &Address,
    needed: Permissions,
) -> Result<(), CliError> {
    let what = match needed {
        Permissions::PROPOSE => "propose",
        Permissions::VOTE => "vote",
        _ => "execute",
    };
    match multisig.permissions(member) {
        Some(permissions) if permissions.include(needed) => Ok(()),
        Some(_) => Err(CliError::usage(format!(
            "member {member} of multisig {address} may not {what}: specify the keypair of another member with --keypair"
        ))),
        None => Err(CliError::usage(format!(
            "{member} is not a member of multisig {address}: specify the keypair of a member with --keypair"
        ))),
    }
}

pub fn too_large(error: tidepool_squads::Error) -> CliError {
    CliError::usage(format!("cannot make a transaction of a multisig: {error}"))
}

/// Names the remaining steps of a batch that was not finished.
fn unfinished(halt: Halt, index: u64) -> Halt {
    match halt {
        Halt::Failed(error @ CliError::NotLanded(_)) => Halt::Failed(CliError::Unfinished {
            error: Box::new(error),
            advice: format!("proposal {index}, if it was created, stays a draft without effect: repeat the command"),
        }),
        halt => halt,
    }
}

/// A new proposal.
struct Proposal<'a> {
    vault: Vault,
    index: u64,
    member: Address,
    payer: Address,
    memo: Option<&'a str>,
}

impl Proposal<'_> {
    /// The transactions that create it.
    fn plan(&self, messages: &[VaultMessage]) -> Result<Plan, tidepool_squads::Error> {
        match messages {
            [message] => self.single(message),
            messages => self.batch(messages),
        }
    }

    fn single(&self, message: &VaultMessage) -> Result<Plan, tidepool_squads::Error> {
        let (multisig, index) = (&self.vault.multisig, self.index);
        let create = VaultTransactionCreate { vault_index: self.vault.index, message, memo: self.memo };
        let instructions = vec![
            create.instruction(multisig, index, &self.member, &self.payer)?,
            instruction::proposal_create(multisig, index, &self.member, &self.payer, false),
        ];
        let label = format!("create proposal {index}");
        Ok(Plan::one(label.clone(), InstructionGroup::new(label, instructions, CREATE * 2)))
    }

    /// A batch is filled while its proposal is a draft, one transaction after the other, and then put to the vote.
    fn batch(&self, messages: &[VaultMessage]) -> Result<Plan, tidepool_squads::Error> {
        let (multisig, index, member, payer) = (&self.vault.multisig, self.index, &self.member, &self.payer);
        let begin = vec![
            instruction::batch_create(multisig, index, member, payer, self.vault.index, self.memo)?,
            instruction::proposal_create(multisig, index, member, payer, true),
        ];
        let label = format!("create batch {index}");
        let mut plan = Plan::one(label.clone(), InstructionGroup::new(label, begin, CREATE * 2));
        for (number, message) in (1_u32..).zip(messages) {
            let label = format!("add transaction {number} to batch {index}");
            let add = instruction::batch_add_transaction(multisig, (index, number), member, payer, message)?;
            plan.push(label.clone(), vec![InstructionGroup::one(label, add, CREATE)]);
        }
        let label = format!("put proposal {index} to the vote");
        let activate = instruction::proposal_activate(multisig, index, member);
        plan.push(label.clone(), vec![InstructionGroup::one(label, activate, CREATE)]);
        Ok(plan)
    }
}
