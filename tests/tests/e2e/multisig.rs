//! The whole life of a pool whose manager is a vault of a Squads multisig, with each proposal explained before it is approved.

use {
    crate::{
        chain::{OnChain, check, check_total},
        harness::{cluster::Cluster, user::User, wait_for},
        world::{Test, World},
    },
    serde_json::{Value, json},
    solana_account::Account,
    solana_address::Address,
    solana_keypair::{Keypair, write_keypair_file},
    solana_signer::Signer as _,
    tidepool_squads::{
        PROGRAM_ID, address,
        instruction::MultisigCreate,
        state::{Member, Permissions},
    },
    tidepool_tests::SOL,
};

pub const TESTS: &[Test] = &[("multisig::a_vault_manages_a_pool_for_its_whole_life", live)];

/// Seconds between the last approval and the execution.
const TIME_LOCK: u32 = 2;

/// The exit code of what may succeed later.
const NOT_NOW: i32 = 5;

/// Receives the fee for a new multisig, which is nothing here.
const TREASURY: Address = Address::new_from_array([99; 32]);

/// The multisig program's configuration, which its authors initialize on public clusters, and its treasury.
pub fn accounts() -> Vec<(Address, Account)> {
    let mut data = vec![0xc4, 0xd2, 0x5a, 0xe7, 0x90, 0x95, 0x8c, 0x3f];
    data.extend([9; 32]);
    data.extend(0_u64.to_le_bytes());
    data.extend(TREASURY.as_ref());
    data.extend([0; 64]);
    let config = Account { lamports: 10_000_000, data, owner: PROGRAM_ID, ..Account::default() };
    let treasury = Account { lamports: SOL, ..Account::default() };
    vec![(address::program_config(), config), (TREASURY, treasury)]
}

/// A multisig of three members, two of whom have to approve, and the pool.
struct Life<'a> {
    cluster: &'a Cluster,
    /// They propose and execute as well.
    members: [User; 3],
    multisig: Address,
    vault: Address,
    pool: String,
}

impl Life<'_> {
    /// Runs a command of a member that may need a pool that is up to date: epochs are short.
    fn must_when_fresh(&self, member: &User, line: &str) -> Value {
        wait_for(line, || {
            self.members[2].must_soon(&format!("update {}", self.pool));
            let answer = member.run(&format!("{line} --yes --output json"));
            (answer.code != Some(NOT_NOW)).then(|| answer.json())
        })
    }

    /// Proposes a change as the first member.
    fn propose(&self, line: &str) -> u64 {
        let line = format!("{line} --squads {}", self.multisig);
        let answer = self.must_when_fresh(&self.members[0], &line);
        assert_eq!(answer["sent"], false, "{line}: {answer:#}");
        answer["proposed"]["index"].as_u64().unwrap_or_else(|| panic!("{line}: {answer:#}"))
    }

    fn action(&self, action: &str, index: u64) -> String {
        format!("squads {action} {} {index} --program-id {}", self.multisig, self.cluster.program_id)
    }

    /// Proposes a change, checks that a member is told what it is, and has it approved and executed by others.
    fn change(&self, line: &str, instruction: &str) -> Value {
        let index = self.propose(line);
        let shown = self.members[1].must(&self.action("show", index))["proposals"][0].clone();
        let does = shown["does"].to_string();
        assert!(does.contains(instruction) && !does.contains("unknown instruction"), "{line}: {does}");
        assert!(does.contains(&self.pool), "{line}: {does}");
        assert_eq!(shown["vault"], self.vault.to_string());
        self.pass(index, "")
    }

    fn pass(&self, index: u64, co_signer: &str) -> Value {
        for member in &self.members[1..] {
            member.must(&self.action("approve", index));
        }
        // Until the time lock has passed, the answer is to wait.
        let line = format!("{}{co_signer}", self.action("execute", index));
        let executed = self.must_when_fresh(&self.members[1], &line);
        assert_eq!(executed["proposals"][0]["status"], "executed", "{executed:#}");
        executed
    }

    fn shown(&self) -> Value {
        self.members[0].must(&format!("show {}", self.pool))
    }

    fn next_epoch(&self) -> OnChain {
        self.cluster.rpc.wait_for_epoch(self.cluster.rpc.epoch() + 1);
        self.members[2].must(&format!("crank {}", self.pool));
        let chain = check(self.cluster, &self.members[2], &self.pool);
        check_total(self.cluster, &chain);
        chain
    }
}

fn create(cluster: &Cluster) -> Life<'_> {
    let members = [User::new(cluster), User::new(cluster), User::new(cluster)];
    let create_key = Keypair::new();
    let multisig = address::multisig(&create_key.pubkey());
    let all: Vec<_> =
        members.iter().map(|user| Member { key: user.address(), permissions: Permissions::ALL }).collect();
    let create = MultisigCreate { treasury: &TREASURY, threshold: 2, members: &all, time_lock: TIME_LOCK };
    let create = create.instruction(&create_key.pubkey(), &members[0].address()).expect("three members");
    cluster.rpc.send(&[create], &[&members[0].keypair, &create_key]);
    let vault = address::vault(&multisig, 0);
    cluster.fund(&vault, 100 * SOL);
    let created = members[0].must(&format!(
        "create-pool --program-id {} --max-validators 5 --epoch-fee 5% --turnover-budget 100% --initial-deposit 20",
        cluster.program_id
    ));
    let pool = created["pool"].as_str().expect("an address").to_owned();
    Life { cluster, members, multisig, vault, pool }
}

fn live(world: &World) {
    let life = create(world.steady());
    let (pool, vote) = (&life.pool, life.cluster.vote);

    // The pool goes to the vault: the manager signs, and then the vault by a vote.
    life.members[0].must(&format!("set-staker {pool} {}", life.vault));
    let manager = life.members[0].path("manager.json");
    write_keypair_file(&life.members[0].keypair, &manager).expect("the home can be written to");
    let manager = manager.display();
    let hand_over = life.propose(&format!("set-manager {pool} {} --manager {manager}", life.vault));
    life.pass(hand_over, &format!(" --co-signer {manager}"));
    let shown = life.shown();
    assert_eq!(shown["authorities"]["manager"], life.vault.to_string());
    assert_eq!(shown["authorities"]["staker"], life.vault.to_string());

    // The old manager has no say any more.
    let refused = life.members[0].run(&format!("set-fee {pool} epoch 100% --allow-full-fee --yes"));
    refused.assert_refused(2, &["the pool's manager", &life.vault.to_string()]);

    life.change(&format!("add-validator {pool} {vote} --accept"), "AddValidatorToPool");
    life.change(&format!("set-weights {pool} --set {vote}=1 --accept"), "SetValidatorWeights");
    life.change(&format!("set-policy {pool} --reserve-share 10%"), "SetRebalancePolicy");
    life.change(&format!("set-fee {pool} sol-deposit 1%"), "SetFee");
    life.members[2].must_soon(&format!("deposit-sol {pool} 50"));
    life.next_epoch();
    life.next_epoch();
    let chain = life.next_epoch();
    assert!(chain.records[0].active_stake_lamports.get() > 30 * SOL, "the crank follows the vault's weights");
    assert_eq!(chain.pool.terms.sol_deposit_fee.numerator, 1);

    // The vault is paid the fees, holds pool tokens and sells them.
    life.change(&format!("deposit-sol {pool} 5"), "DepositSol");
    life.change(&format!("withdraw-sol {pool} 1"), "WithdrawSol");
    life.change(&format!("remove-validator {pool} {vote}"), "RemoveValidatorFromPool");
    wait_for("the end of the validator", || life.next_epoch().records.is_empty().then_some(()));

    // Holders leave, and nothing is pending.
    life.members[2].must_soon(&format!("withdraw {pool} ALL"));
    let listed = life.members[0].must(&format!("squads list {}", life.multisig));
    assert_eq!(listed["proposals"], json!([]), "{listed:#}");
    assert_eq!(listed["multisig"]["transaction_index"], 8);
}
