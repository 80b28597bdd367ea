//! Pools that are made in several attempts, and wallets that can pay for all of it or for none of it.

use {
    super::{
        endpoints::TestEndpoint,
        harness::{REFUSED, Random, SIGNATURE, SOL, Stage, USAGE, assert_fails, said, text},
    },
    serde_json::{Value, json},
    solana_address::Address,
    solana_instruction::Instruction,
    solana_keypair::Keypair,
    solana_signer::Signer as _,
    solana_stake_interface::{
        instruction as stake,
        state::{Authorized, Lockup},
    },
    solana_system_interface::instruction as system,
    spl_token_2022_interface::instruction as token,
    std::{fs, path::PathBuf},
    tidepool_client::actions::CreatePool,
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::{STAKE_PROGRAM_ID, TOKEN_PROGRAM_ID, find_withdraw_authority},
        external::token::{MINT_LENGTH, TOKEN_ACCOUNT_LENGTH},
        state::{EXTENDED_POOL_LENGTH, POOL_MAX_LENGTH, validator_list_length},
    },
};

pub const VALIDATORS: u32 = 20;

/// What the reserve gets besides its rent.
const DEPOSIT: u64 = 2 * SOL;

/// Signatures of the two transactions: the payer, the reserve and the mint; the payer, the pool and the list.
pub const FEES: u64 = 6 * SIGNATURE;

/// A pool to be made, by a wallet of its own.
pub struct Making {
    /// Pool, list, reserve, mint.
    pub keys: [Keypair; 4],
    pub wallet: Keypair,
    /// Name of the wallet's file.
    pub name: String,
    pub line: String,
}

impl Making {
    /// A pool whose wallet has what its accounts take, and `extra` lamports.
    pub fn new(stage: &Stage, name: &str, extra: u64) -> Self {
        let keys = [(); 4].map(|()| Keypair::new());
        let wallet = Keypair::new();
        stage.cluster.airdrop(&wallet.pubkey(), sum(stage) + extra);
        stage.keypair_file(name, &wallet);
        let options = ["--pool-keypair", "--validator-list-keypair", "--reserve-keypair", "--mint-keypair"];
        let options = options.iter().zip(&keys).enumerate();
        let options: Vec<_> = options
            .map(|(index, (option, key))| format!("{option} {}", stage.keypair_file(&format!("{name}-{index}"), key)))
            .collect();
        let line = format!(
            "create-pool --program-id {} --max-validators {VALIDATORS} --initial-deposit 2 --yes {}",
            stage.program_id,
            options.join(" ")
        );
        Self { keys, wallet, name: name.to_owned(), line }
    }

    fn addresses(&self) -> [Address; 4] {
        [0, 1, 2, 3].map(|index| self.keys[index].pubkey())
    }

    /// The pool, the list, the reserve, the mint and the manager's fee account.
    pub fn accounts(&self, stage: &Stage) -> Vec<Address> {
        let addresses = self.addresses();
        let new = CreatePool::new(stage.program_id, self.wallet.pubkey(), VALIDATORS, addresses);
        addresses.into_iter().chain([new.fee_account()]).collect()
    }

    /// Lamports in all of its accounts.
    pub fn lamports(&self, stage: &Stage) -> u64 {
        self.accounts(stage).iter().map(|address| stage.cluster.lamports(address)).sum()
    }

    pub fn withdraw_authority(&self, stage: &Stage) -> Address {
        find_withdraw_authority(&stage.program_id, &self.keys[0].pubkey()).0
    }

    pub async fn run(
        &self,
        stage: &Stage,
        endpoint: &TestEndpoint<'_>,
    ) -> Result<Value, tidepool_cli::error::CliError> {
        stage.run_on(endpoint, &self.name, &self.line).await
    }

    /// Runs it, and returns the exit code and the message of its failure.
    pub async fn fails(&self, stage: &Stage, options: &str) -> (u8, String) {
        let mut kept = self.line.clone();
        if options.contains("--max-validators") {
            kept = kept.replace(&format!("--max-validators {VALIDATORS}"), "");
        }
        let answered = stage.run_as(&self.name, &format!("{kept} {options}")).await;
        let error = answered.err().unwrap_or_else(|| panic!("{} {options} should have failed", self.line));
        (error.exit() as u8, error.to_string())
    }
}

/// Lamports for a pool's accounts, and the deposit.
pub fn sum(stage: &Stage) -> u64 {
    let lengths = [
        EXTENDED_POOL_LENGTH,
        validator_list_length(VALIDATORS),
        STAKE_ACCOUNT_SPACE,
        MINT_LENGTH,
        TOKEN_ACCOUNT_LENGTH,
    ];
    lengths.map(|length| stage.cluster.rent().minimum_balance(length)).iter().sum::<u64>() + DEPOSIT
}

/// Lamports that a wallet holds at least, unless it is empty.
pub fn wallet_minimum(stage: &Stage) -> u64 {
    stage.cluster.rent().minimum_balance(0)
}

/// Checks that the pool is whole, and is what was asked for.
pub async fn assert_right(stage: &Stage, making: &Making) {
    let [pool, list, reserve, mint] = making.addresses();
    let shown = stage.must(&format!("show {pool}")).await;
    let wallet = making.wallet.pubkey().to_string();
    assert_eq!(shown["authorities"]["manager"], wallet);
    assert_eq!(shown["authorities"]["staker"], wallet);
    assert_eq!(shown["accounts"]["validator_list"], list.to_string());
    assert_eq!(shown["accounts"]["reserve_stake"], reserve.to_string());
    assert_eq!(shown["accounts"]["pool_mint"], mint.to_string());
    assert_eq!(shown["validators"]["maximum"], VALIDATORS);
    assert_eq!(shown["extension"]["policy"]["turnover_budget_basis_points"], 1_000);
    assert!(shown["total_lamports"].as_u64().unwrap() >= DEPOSIT, "{shown:#}");
    assert_eq!(shown["pool_token_supply"], shown["total_lamports"]);
}

#[tokio::test]
async fn a_pool_half_made_is_completed() {
    let stage = Stage::new();
    for (landed, rest) in [(0, 2), (1, 1)] {
        let making = Making::new(&stage, &format!("landed{landed}"), SOL);
        let endpoint = TestEndpoint::failing_after(&stage.cluster, landed);
        let error = making.run(&stage, &endpoint).await.unwrap_err();
        assert_eq!(endpoint.sent().len(), landed, "{error}");
        if landed > 0 {
            assert!(error.to_string().contains("repeat the command"), "{error}");
        }
        let made =
            making.run(&stage, &TestEndpoint::new(&stage.cluster)).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(made["transactions"].as_array().unwrap().len(), rest);
        assert_eq!(made["existing_accounts"].as_array().unwrap().len(), 3 * landed, "{made:#}");
        assert_right(&stage, &making).await;
        // All of it is there: nothing more is paid.
        let before = stage.cluster.lamports(&making.wallet.pubkey());
        let again =
            making.run(&stage, &TestEndpoint::new(&stage.cluster)).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((&again["transactions"], &again["rent_lamports"]), (&json!([]), &json!(0)));
        assert_eq!(again["existing_accounts"].as_array().unwrap().len(), 5);
        assert!(stage.text.borrow()[0].contains("already exists"), "{}", stage.text.borrow()[0]);
        assert_eq!(stage.cluster.lamports(&making.wallet.pubkey()), before);
        let dry = stage.run_as(&making.name, &format!("{} --dry-run", making.line)).await.unwrap();
        assert_eq!(dry["transactions"], json!([]));
    }
}

/// The key, where the instructions need it.
pub fn signing<'a>(instructions: &[Instruction], key: &'a Keypair) -> Vec<&'a Keypair> {
    let metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
    let signs = metas.filter(|meta| meta.is_signer).any(|meta| meta.pubkey == key.pubkey());
    if signs { vec![key] } else { vec![] }
}

/// What another tool, or an attacker who sends lamports, has made of an account before. Returns instructions.
fn prepared(stage: &Stage, making: &Making, index: usize, state: u64) -> Vec<Instruction> {
    let (payer, address) = (making.wallet.pubkey(), making.keys[index].pubkey());
    let authority = making.withdraw_authority(stage);
    let (length, owner) = match index {
        0 => ([POOL_MAX_LENGTH, EXTENDED_POOL_LENGTH][(state % 2) as usize], stage.program_id),
        1 => (validator_list_length(VALIDATORS), stage.program_id),
        2 => (STAKE_ACCOUNT_SPACE, STAKE_PROGRAM_ID),
        _ => (MINT_LENGTH, TOKEN_PROGRAM_ID),
    };
    let rent = stage.cluster.rent().minimum_balance(length);
    let create = system::create_account(&payer, &address, rent, length as u64, &owner);
    match (state, index) {
        (0, _) => vec![],
        (1, _) => vec![system::transfer(&payer, &address, wallet_minimum(stage))],
        (2, _) => vec![system::transfer(&payer, &address, rent)],
        (5, 2) => vec![create, stake::initialize(&address, &Authorized::auto(&authority), &Lockup::default())],
        (5, 3) => vec![create, token::initialize_mint2(&TOKEN_PROGRAM_ID, &address, &authority, None, 9).unwrap()],
        _ => vec![create],
    }
}

/// Accounts in whatever state, and attempts that end early: in the end there is one right pool, and every lamport that was paid is
/// in its accounts, or was a fee.
#[tokio::test]
async fn random_histories_end_in_one_right_pool() {
    let stage = Stage::new();
    for seed in 0..24 {
        let mut dice = Random(seed);
        let making = Making::new(&stage, &format!("history{seed}"), SOL);
        let wallet = making.wallet.pubkey();
        let before = stage.cluster.lamports(&wallet);
        let mut fees = 0;
        let mut history = vec![];
        for (index, key) in making.keys.iter().enumerate() {
            let state = dice.below(6);
            history.push(format!("account {index}: state {state}"));
            let instructions = prepared(&stage, &making, index, state);
            if !instructions.is_empty() {
                let report = stage.cluster.process(&instructions, &making.wallet, &signing(&instructions, key));
                fees += report.unwrap_or_else(|error| panic!("{history:?}: {error}")).fee;
            }
        }
        // Any wallet can send lamports to the address of the fee account.
        if dice.below(2) == 1 {
            let dust = system::transfer(&wallet, &making.accounts(&stage)[4], wallet_minimum(&stage));
            fees += stage.cluster.process(&[dust], &making.wallet, &[]).unwrap().fee;
        }
        let fee = |endpoint: &TestEndpoint| {
            let signatures = endpoint.sent().iter().map(|sent| sent.signatures.len() as u64).sum::<u64>();
            signatures * SIGNATURE
        };
        for _ in 0..dice.below(4) {
            let landed = dice.below(2) as usize;
            let endpoint = TestEndpoint::failing_after(&stage.cluster, landed);
            let ended = making.run(&stage, &endpoint).await;
            history.push(format!("{} of {landed} sent: {}", endpoint.sent().len(), ended.is_ok()));
            fees += fee(&endpoint);
        }
        let endpoint = TestEndpoint::new(&stage.cluster);
        let made = making.run(&stage, &endpoint).await;
        made.unwrap_or_else(|error| panic!("seed {seed}: {history:#?}: {error}"));
        fees += fee(&endpoint);
        let again = TestEndpoint::new(&stage.cluster);
        let repeated = making.run(&stage, &again).await.unwrap_or_else(|error| panic!("{seed}: {history:#?}: {error}"));
        assert_eq!((again.sent().len(), &repeated["transactions"]), (0, &json!([])), "seed {seed}: {history:#?}");
        let paid = before - stage.cluster.lamports(&wallet);
        assert_eq!(paid, making.lamports(&stage) + fees, "seed {seed}: {history:#?}");
        assert_right(&stage, &making).await;
    }
}

/// A pool that another tool made, or an earlier run without the extension, gets it.
#[tokio::test]
async fn a_pool_without_its_extension_is_completed() {
    let stage = Stage::new();
    for token_program in ["spl-token", "token-2022"] {
        let mut making = Making::new(&stage, token_program, SOL);
        making.line = format!("{} --token-program {token_program}", making.line);
        let plain = stage.run_as(&making.name, &format!("{} --without-extension", making.line)).await.unwrap();
        assert_eq!(plain["transactions"].as_array().unwrap().len(), 2);
        let made = stage.run_as(&making.name, &making.line).await.unwrap_or_else(|error| panic!("{error}"));
        let labels: Vec<_> = made["transactions"].as_array().unwrap().iter().map(|sent| text(&sent["label"])).collect();
        assert_eq!(labels, ["extend the pool"]);
        let rent = |length: usize| stage.cluster.rent().minimum_balance(length);
        assert_eq!(made["rent_lamports"], rent(EXTENDED_POOL_LENGTH) - rent(POOL_MAX_LENGTH));
        assert!(stage.text.borrow()[0].contains("Completed pool"), "{}", stage.text.borrow()[0]);
        assert_right(&stage, &making).await;
        let (exit, message) = making.fails(&stage, "--without-extension").await;
        assert_eq!(exit, REFUSED, "{message}");
        assert!(message.contains("5987 bytes") && message.contains("611"), "{message}");
    }
}

/// Keys that the command generates outlast it: a pool half made is completed with them.
#[tokio::test]
async fn generated_keys_are_written_before_anything_is_paid() {
    let stage = Stage::new();
    let line = format!("create-pool --program-id {} --max-validators 5 --yes", stage.program_id);
    let directories = || -> Vec<PathBuf> {
        let entries = fs::read_dir(stage.folder_file("").trim_end_matches(".json")).unwrap();
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
    };
    stage.run_as("wallet", &format!("{line} --dry-run")).await.unwrap();
    assert!(directories().is_empty(), "nothing is paid, and nothing written");
    let endpoint = TestEndpoint::failing_after(&stage.cluster, 1);
    let error = stage.run_on(&endpoint, "wallet", &line).await.unwrap_err();
    let [directory] = directories().try_into().unwrap();
    let shown = directory.display().to_string();
    let message = error.to_string();
    assert!(message.contains(&format!("--key-directory {shown}")), "{message}");
    assert_eq!(error.json()["error"]["message"], message);
    assert_eq!(error.json()["error"]["transactions"].as_array().unwrap().len(), 2);
    let mut names = vec![];
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        let secret = fs::read_to_string(&path).unwrap();
        let numbers = &secret[1..40];
        assert!(!message.contains(numbers) && !said().concat().contains(numbers));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    names.sort();
    assert_eq!(names, ["mint.json", "pool.json", "reserve.json", "validator-list.json"]);
    let mint = endpoint.sent()[0].message.static_account_keys()[1..3].to_vec();
    let made = stage.must(&format!("{line} --key-directory {shown}").replace(" --yes", "")).await;
    assert!(
        mint.iter().any(|address| made["pool_mint"] == address.to_string()),
        "the mint is that of the first attempt"
    );
    assert_eq!(made["transactions"].as_array().unwrap().len(), 1);
    assert_eq!(made["key_directory"], shown);
    // Without a place for them nothing is paid.
    let before = stage.cluster.lamports(&stage.wallet.pubkey());
    let file = stage.folder_file("wallet");
    assert_fails(&stage, &format!("{line} --key-directory {file}").replace(" --yes", ""), USAGE, &["--key-directory"])
        .await;
    assert_eq!(stage.cluster.lamports(&stage.wallet.pubkey()), before);
}

/// Tools that search for pools by the length of the SPL layout do not find an extended pool: the length is shown.
#[tokio::test]
async fn the_length_of_a_pool_account_is_shown() {
    let stage = Stage::new();
    for (options, bytes, says) in [
        ("", 5_987, "5987 bytes: not found by searches with `dataSize: 611`"),
        ("--without-extension", 611, "611 bytes\n"),
    ] {
        let pool = stage.pool(options).await;
        assert_eq!(stage.must(&format!("show {pool}")).await["account_bytes"], bytes);
        let shown = stage.text.borrow()[1].clone();
        assert!(shown.contains(says), "{shown}");
        let account = stage.cluster.account(&pool.parse().unwrap()).unwrap();
        assert_eq!(account.data.len(), bytes);
    }
    let plain = stage.pool("--without-extension").await;
    stage.must(&format!("extend-pool {plain}")).await;
    assert_eq!(stage.must(&format!("show {plain}")).await["account_bytes"], 5_987);
}
