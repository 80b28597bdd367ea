//! Random lies about accounts and simulations, against many commands.

use {
    super::{Wealth, World},
    crate::harness::{SOL, number, said},
    solana_account::Account,
    solana_address::Address,
    solana_signature::Signature,
    solana_signer::Signer as _,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    std::{sync::Mutex, time::Duration},
    tidepool_cli::units::{sol, tokens},
    tidepool_client::cluster::{
        Blockhash, BytesAt, Cluster, ClusterError, Execution, ReturnData, Simulation, TransactionStatus,
    },
    tidepool_embedded::EmbeddedCluster,
    tidepool_interface::address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID},
};

/// How many commands are run.
const RUNS: u64 = 600;

/// How many epochs are cranked in.
const EPOCHS: u64 = 60;

/// Time that a command gets.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Lamports for a signature.
const FEE: u64 = 5_000;

/// SPL instructions that trade within a bound.
const DEPOSIT_SOL: u8 = 25;
const WITHDRAW_SOL: u8 = 26;
const WITHDRAW_STAKE: u8 = 24;

/// Numbers at which arithmetic may end.
const EXTREMES: [u64; 7] = [0, 1, u64::MAX, u64::MAX - 1, i64::MAX as u64, u32::MAX as u64, 1 << 53];

/// Numbers that look random, and are the same in every run.
pub(super) struct Dice(pub u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 where that is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.roll() % (bound.max(1) as u64)).expect("it is below")
    }

    fn extreme(&mut self) -> u64 {
        EXTREMES[self.below(EXTREMES.len())]
    }

    fn address(&mut self) -> Address {
        Address::new_from_array(std::array::from_fn(|_| self.roll() as u8))
    }

    /// Puts `bytes` somewhere into `data`, if they fit.
    fn write(&mut self, data: &mut [u8], bytes: &[u8]) {
        let at = self.below(data.len().saturating_sub(bytes.len()));
        if let Some(place) = data.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    fn spoil(&mut self, account: &mut Account) {
        let length = account.data.len();
        match self.below(11) {
            0 => {
                account.owner =
                    [SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, STAKE_PROGRAM_ID, Address::default()][self.below(4)]
            }
            1 => account.owner = self.address(),
            2 => account.data.truncate(self.below(length)),
            3 => account.data.resize(length + self.below(400), 0xff),
            4 => {
                let byte = self.roll() as u8;
                self.write(&mut account.data, &[byte]);
            }
            5 | 6 => {
                let number = self.extreme().to_le_bytes();
                self.write(&mut account.data, &number);
            }
            7 => account.lamports = self.extreme(),
            8 => {
                let from = self.below(length);
                account.data[from..].fill(0xff);
            }
            9 => {
                let address = self.address();
                self.write(&mut account.data, address.as_ref());
            }
            _ => account.executable = !account.executable,
        }
    }
}

/// An endpoint that lies now and then, and hands over what it is given.
struct Liar<'a> {
    cluster: &'a EmbeddedCluster,
    dice: Mutex<Dice>,
    sent: Mutex<Vec<VersionedTransaction>>,
}

impl Cluster for Liar<'_> {
    async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        let mut accounts = self.cluster.accounts(addresses).await?;
        let mut dice = self.dice.lock().expect("no poisoned lock");
        for _ in 0..dice.below(6).saturating_sub(3) {
            let at = dice.below(accounts.len());
            match dice.below(8) {
                0 => accounts[at] = None,
                1 => {
                    let other = dice.below(accounts.len());
                    accounts.swap(at, other);
                }
                _ => {
                    if let Some(account) = &mut accounts[at] {
                        dice.spoil(account);
                    }
                }
            }
        }
        Ok(accounts)
    }

    async fn program_accounts(&self, _: &Address, _: &[BytesAt]) -> Result<Vec<(Address, Account)>, ClusterError> {
        Ok(vec![])
    }

    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        Cluster::latest_blockhash(self.cluster).await
    }

    async fn block_height(&self) -> Result<u64, ClusterError> {
        Cluster::block_height(self.cluster).await
    }

    async fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        let mut simulation = self.cluster.simulate(transaction).await?;
        let mut dice = self.dice.lock().expect("no poisoned lock");
        match dice.below(16) {
            0 => simulation.error = None,
            1 => simulation.error = Some(TransactionError::AccountInUse),
            2 => simulation.units_consumed = dice.extreme(),
            3 => {
                let data = dice.extreme().to_le_bytes().to_vec();
                simulation.return_data = Some(ReturnData { program_id: STAKE_PROGRAM_ID, data });
            }
            4 => simulation.logs.push("Program data: AAAA\u{1b}[2J".into()),
            _ => {}
        }
        Ok(simulation)
    }

    async fn send(&self, transaction: &VersionedTransaction) -> Result<Signature, ClusterError> {
        self.sent.lock().expect("no poisoned lock").push(transaction.clone());
        Cluster::send(self.cluster, transaction).await
    }

    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        Cluster::statuses(self.cluster, signatures).await
    }

    async fn execution(&self, signature: &Signature) -> Result<Option<Execution>, ClusterError> {
        Cluster::execution(self.cluster, signature).await
    }
}

/// The trades with their bounds that a transaction makes: what is given, and the least that comes of it.
fn trades(transaction: &VersionedTransaction) -> Vec<(u8, u64, u64)> {
    let number = |data: &[u8], at: usize| u64::from_le_bytes(data[at..at + 8].try_into().expect("eight bytes"));
    let instructions = transaction.message.instructions().iter();
    let trading = instructions.filter(|instruction| {
        instruction.data.len() == 17 && [DEPOSIT_SOL, WITHDRAW_SOL, WITHDRAW_STAKE].contains(&instruction.data[0])
    });
    trading.map(|found| (found.data[0], number(&found.data, 1), number(&found.data, 9))).collect()
}

/// Checks that a transaction does what was asked for, with the bound that was shown.
fn check_trade(line: &str, transaction: &VersionedTransaction) {
    let shown = said().join("\n");
    for (kind, given, least) in trades(transaction) {
        match kind {
            DEPOSIT_SOL => {
                assert_eq!(given, 5 * SOL, "{line}");
                assert!(shown.contains(&format!("at least  {} (", tokens(least))), "{line}: {least} in\n{shown}");
            }
            _ if line.starts_with("withdraw-sol") => {
                assert_eq!(given, 5 * SOL, "{line}");
                assert!(shown.contains(&format!("at least  {} (", sol(least))), "{line}: {least} in\n{shown}");
            }
            _ => assert!(given <= 5 * SOL && shown.contains("at least"), "{line}: {given} in\n{shown}"),
        }
    }
}

fn commands(world: &World) -> Vec<String> {
    let (pool, vote) = (world.pool, world.stage.vote(0));
    vec![
        format!("show {pool}"),
        format!("list {pool}"),
        format!("explain-stake {pool} {vote}"),
        format!("deposit-sol {pool} 5"),
        format!("withdraw-sol {pool} 5"),
        format!("withdraw {pool} 5"),
        format!("withdraw {pool} --worth 5"),
        format!("withdraw {pool} 5 --as stake"),
        format!("withdraw-stake {pool} 5 --from-reserve"),
        format!("update {pool} --force"),
        format!("rebalance {pool}"),
        format!("rebalance {pool} --dry-run"),
        format!("increase {pool} {vote} 2"),
        format!("decrease {pool} {vote} 1"),
        format!("set-weights {pool} --equal"),
        format!("set-fee {pool} epoch 3%"),
        format!("lookup-tables {pool}"),
    ]
}

/// Lamports that the wallet has in stake accounts of its own.
fn stake_of(world: &World) -> u64 {
    let wallet = world.stage.wallet.pubkey();
    let address = |number| Address::create_with_seed(&wallet, &format!("tidepool {number}"), &STAKE_PROGRAM_ID);
    (0..RUNS).map(|number| world.stage.cluster.lamports(&address(number).expect("a short seed"))).sum()
}

/// Runs a command through lies that follow from `seed`; returns whether it did what it was asked for, and what it sent.
async fn lie_to(world: &World, line: &str, seed: u64) -> (bool, Vec<VersionedTransaction>) {
    let liar = Liar { cluster: &world.stage.cluster, dice: Mutex::new(Dice(seed)), sent: Mutex::default() };
    let words = format!("{line} --yes");
    let answered = tokio::time::timeout(TIMEOUT, world.stage.run_on(&liar, "wallet", &words)).await;
    let answered = answered.unwrap_or_else(|_| panic!("{line} does not end, with the dice at {seed}"));
    if let Err(error) = &answered {
        assert!(!error.to_string().contains(['\n', '\u{1b}']), "{line}: {error}");
    }
    (answered.is_ok(), liar.sent.into_inner().expect("no poisoned lock"))
}

#[tokio::test]
async fn no_lie_panics_or_costs_more_than_fees() {
    let world = World::new().await;
    world.stage.must(&format!("deposit-sol {} 300", world.pool)).await;
    let commands = commands(&world);
    let all = |wealth: Wealth| wealth.lamports + wealth.pool_tokens + stake_of(&world);
    let mut done = 0;
    for (seed, line) in (0..RUNS).zip(commands.iter().cycle()) {
        let before = all(world.wealth());
        let (is_done, sent) = lie_to(&world, line, seed).await;
        done += u64::from(is_done);
        sent.iter().for_each(|transaction| check_trade(line, transaction));
        // The exchange rate is 1 here, without fees.
        let lost = before.saturating_sub(all(world.wealth()));
        let signatures: usize = sent.iter().map(|transaction| transaction.signatures.len()).sum();
        assert!(lost <= FEE * signatures as u64 + 10, "{line}: {lost} lost with {signatures} signatures, {seed}");
    }
    println!("{done} of {RUNS} commands did what they were asked for");
    assert!((RUNS / 10..RUNS - RUNS / 10).contains(&done), "{done}");
}

#[tokio::test]
async fn no_lie_holds_up_a_pool_that_is_behind() {
    let world = World::new().await;
    let (pool, cluster) = (world.pool, &world.stage.cluster);
    world.stage.must(&format!("set-weights {pool} --equal")).await;
    let commands = ["update", "crank", "rebalance", "crank --no-rebalance"];
    for (seed, command) in (0..EPOCHS).zip(commands.iter().cycle()) {
        cluster.advance_epoch().expect("an epoch");
        let before = world.wealth();
        let (_, sent) = lie_to(&world, &format!("{command} {pool}"), seed).await;
        let after = world.wealth();
        assert_eq!(after.lamports, before.lamports - FEE * sent.len() as u64, "{command}, {seed}");
        assert_eq!(after.pool_tokens, before.pool_tokens, "{command}, {seed}");
    }
    // An honest endpoint finds everything there.
    world.stage.must(&format!("crank {pool}")).await;
    let shown = world.stage.must(&format!("show {pool}")).await;
    assert_eq!(shown["stale"], false);
    let (total, supply) = (number(&shown["total_lamports"]), number(&shown["pool_token_supply"]));
    assert!(total >= supply, "{total} lamports for {supply} pool tokens");
}
