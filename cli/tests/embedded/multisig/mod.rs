//! Changes that a Squads multisig makes, in the published program: `cargo xtask squads` builds it.

mod kinds;
mod life;
mod messages;
mod refusals;

use {
    super::harness::{SOL, Stage, number, text},
    program_elf::Elf,
    serde_json::Value,
    solana_account::Account,
    solana_address::Address,
    solana_instruction::Instruction,
    solana_keypair::Keypair,
    solana_signer::Signer as _,
    solana_system_interface::instruction::transfer,
    tidepool_embedded::EmbeddedCluster,
    tidepool_squads::{
        PROGRAM_ID, address,
        instruction::MultisigCreate,
        state::{Member, Permissions},
    },
};

/// A multisig of three members: `wallet` and `second` may do everything, `third` may vote. Two approvals are needed.
pub struct Safe {
    pub stage: Stage,
    pub multisig: Address,
    pub vault: Address,
    pub second: Keypair,
}

/// The program's configuration: no fee for a new multisig.
fn program_config(treasury: &Address) -> Account {
    let mut data = vec![0xc4, 0xd2, 0x5a, 0xe7, 0x90, 0x95, 0x8c, 0x3f];
    data.extend([9; 32]);
    data.extend(0_u64.to_le_bytes());
    data.extend(treasury.as_ref());
    data.extend([0; 64]);
    Account { lamports: 10_000_000, data, owner: PROGRAM_ID, ..Account::default() }
}

impl Safe {
    /// A cluster of four validators with the program and a multisig with this time lock, in seconds. Its vault has 100 SOL.
    pub fn new(time_lock: u32) -> Self {
        Self::of(4, time_lock)
    }

    /// As [`Self::new`], with this number of validators.
    pub fn of(validators: usize, time_lock: u32) -> Self {
        let elf = Elf::Squads.path().unwrap_or_else(|error| panic!("{error}"));
        let treasury = Address::new_unique();
        let cluster = EmbeddedCluster::builder()
            .validators(validators)
            .program(PROGRAM_ID, elf)
            .account(address::program_config(), program_config(&treasury))
            .wallet(treasury, SOL);
        let stage = Stage::on(cluster);
        let [second, third] = ["second", "third"].map(|name| {
            let keypair = stage.cluster.funded_keypair(SOL);
            stage.keypair_file(name, &keypair);
            keypair
        });
        let member = |key: Address, permissions| Member { key, permissions };
        let wallet = stage.wallet.pubkey();
        let members = [
            member(wallet, Permissions::ALL),
            member(second.pubkey(), Permissions::ALL),
            member(third.pubkey(), Permissions::VOTE),
        ];
        let create_key = Keypair::new();
        let create = MultisigCreate { treasury: &treasury, threshold: 2, members: &members, time_lock };
        let create = create.instruction(&create_key.pubkey(), &wallet).unwrap();
        let multisig = address::multisig(&create_key.pubkey());
        let vault = address::vault(&multisig, 0);
        let fund = transfer(&wallet, &vault, 100 * SOL);
        stage.cluster.process(&[create, fund], &stage.wallet, &[&create_key]).unwrap();
        Self { stage, multisig, vault, second }
    }

    /// A multisig, and a pool whose manager and staker is its vault.
    pub async fn with_pool(time_lock: u32, options: &str) -> (Self, String) {
        let safe = Self::new(time_lock);
        let pool = safe.stage.pool(options).await;
        safe.takes_over(&pool).await;
        (safe, pool)
    }

    /// The wallet makes the vault staker and manager of its pool. Both managers sign the change of the manager.
    pub async fn takes_over(&self, pool: &str) {
        self.stage.must(&format!("set-staker {pool} {}", self.vault)).await;
        let wallet = self.stage.folder_file("wallet");
        let proposed = self.propose(&format!("set-manager {pool} {} --manager {wallet}", self.vault)).await;
        self.passes(number(&proposed["proposed"]["index"])).await;
    }

    /// Proposes what a command line says.
    pub async fn propose(&self, line: &str) -> Value {
        let answer = self.stage.must(&self.line(line)).await;
        assert!(answer["proposed"].is_object(), "{line}: {answer:#}");
        answer
    }

    pub fn line(&self, line: &str) -> String {
        format!("{line} --squads {}", self.multisig)
    }

    pub fn action(&self, action: &str, index: u64) -> String {
        format!("squads {action} {} {index} --program-id {}", self.multisig, self.stage.program_id)
    }

    /// What `squads show` says of a proposal.
    pub async fn shown(&self, index: u64) -> Value {
        let shown = self.stage.must(&self.action("show", index)).await;
        assert_eq!(shown["proposals"][0]["index"], index);
        shown["proposals"][0].clone()
    }

    pub async fn approve_as(&self, name: &str, index: u64) -> Value {
        let line = format!("{} --yes", self.action("approve", index));
        self.stage.run_as(name, &line).await.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Has a proposal approved by two members, waits for the time lock, and executes it.
    pub async fn passes(&self, index: u64) -> Value {
        self.approve_as("wallet", index).await;
        self.approve_as("third", index).await;
        let shown = self.shown(index).await;
        if let Some(from) = shown["executable_from"].as_i64() {
            self.wait_until(from);
        }
        let executed = self.stage.must(&self.action("execute", index)).await;
        assert_eq!(executed["proposals"][0]["status"], "executed", "{executed:#}");
        executed
    }

    pub fn wait_until(&self, time: i64) {
        while self.stage.cluster.clock().unix_timestamp < time {
            self.stage.cluster.advance_blocks(10);
        }
    }

    /// Proposes a change, checks that it is explained, and has it executed.
    pub async fn changes(&self, line: &str) -> u64 {
        let index = number(&self.propose(line).await["proposed"]["index"]);
        let shown = self.shown(index).await;
        assert_eq!(shown["status"], "active");
        assert_eq!(shown["problems"], serde_json::json!([]), "{line}: {shown:#}");
        assert_eq!(shown["would_succeed"], true, "{line}: {shown:#}");
        for does in shown["does"].as_array().unwrap() {
            let does = text(does);
            assert!(!does.contains("unknown instruction data"), "{line}: {does}");
        }
        self.passes(index).await;
        index
    }

    /// Sends instructions of the multisig's program.
    pub fn process(&self, instructions: &[Instruction], signers: &[&Keypair]) {
        self.stage.cluster.process(instructions, &self.stage.wallet, signers).unwrap();
    }
}
