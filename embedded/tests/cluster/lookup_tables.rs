//! Lookup tables on the real bank, from their creation to the return of their rent.

use {
    crate::{SOL, cluster_of},
    solana_address::Address,
    solana_keypair::Keypair,
    solana_message::AddressLookupTableAccount,
    solana_signer::Signer,
    solana_system_interface::instruction as system_instruction,
    solana_transaction_error::TransactionError,
    std::collections::BTreeSet,
    tidepool_client::{
        cluster::Cluster,
        lookup::{self, LookupError, LookupPlan, LookupTable, TableOwner, TableState},
        pack::{PackOptions, TransactionFormat, pack_plan},
        plan::Plan,
        send::{Outcome, Outgoing, SendOptions, Sender, Summary},
    },
    tidepool_embedded::{EmbeddedCluster, ValidatorSpec},
};

/// A pool's authority, who does not pay, and a payer on a cluster.
struct Stage {
    cluster: EmbeddedCluster,
    payer: Keypair,
    authority: Keypair,
    pool: Address,
}

impl Stage {
    fn new() -> Self {
        let cluster = cluster_of([ValidatorSpec::default()]);
        cluster.advance_blocks(40);
        let payer = cluster.funded_keypair(10 * SOL);
        Self { cluster, payer, authority: Keypair::new(), pool: Address::new_unique() }
    }

    fn keeper(&self) -> TableOwner {
        TableOwner { pool: self.pool, authority: self.authority.pubkey(), payer: self.payer.pubkey() }
    }

    async fn tables(&self) -> Vec<LookupTable> {
        lookup::find(&self.cluster, &self.authority.pubkey(), &self.pool).await.unwrap()
    }

    async fn usable(&self) -> Vec<AddressLookupTableAccount> {
        let slot_hashes = self.cluster.slot_hashes().await.unwrap();
        self.tables().await.iter().filter_map(|table| table.usable(&slot_hashes)).collect()
    }

    async fn plan(&self, wanted: &[Address]) -> LookupPlan {
        let slots = lookup::free_slots(&self.cluster, &self.authority.pubkey(), wanted.len()).await.unwrap();
        lookup::plan(&self.tables().await, wanted, &self.keeper(), &slots).unwrap()
    }

    /// Sends a plan, and returns what it cost in fees.
    async fn send(&self, plan: &Plan) -> u64 {
        let stages = pack_plan(plan, &PackOptions::new(self.payer.pubkey())).unwrap();
        let summary = self.sender().send_stages(&stages).await;
        check_units(&summary, stages.iter().flatten());
        let signatures = |transaction: &Outgoing| {
            transaction.signers().into_iter().chain([self.payer.pubkey()]).collect::<BTreeSet<_>>().len() as u64
        };
        stages.iter().flatten().map(|transaction| 5_000 * signatures(transaction)).sum()
    }

    fn sender(&self) -> Sender<'_, EmbeddedCluster> {
        let options = SendOptions { report_units: true, ..SendOptions::default() };
        Sender::new(&self.cluster, &self.payer).signers([&self.authority as &dyn Signer]).options(options)
    }

    fn lamports(&self) -> u64 {
        self.cluster.lamports(&self.payer.pubkey())
    }
}

/// All have landed, with fewer compute units than estimated.
fn check_units<'a>(summary: &Summary, planned: impl Iterator<Item = &'a Outgoing>) {
    for (sent, planned) in summary.transactions.iter().zip(planned) {
        match &sent.outcome {
            Outcome::Landed { units_consumed: Some(units), .. } => {
                let most = planned.compute_units.unwrap().into();
                assert!(*units <= most, "{}: {units} of {most} units", planned.label);
            }
            other => panic!("{}: {other}", planned.label),
        }
    }
}

fn addresses(count: usize) -> Vec<Address> {
    (0..count).map(|_| Address::new_unique()).collect()
}

#[tokio::test]
async fn tables_are_made_extended_and_replaced() {
    let stage = Stage::new();
    let mut wanted = addresses(600);
    let before = stage.lamports();
    let made = stage.plan(&wanted).await;
    assert_eq!(made.changes.len(), 3);
    let fees = stage.send(&made.plan).await;
    assert_eq!(stage.lamports(), before - fees - made.rent(&stage.cluster.rent()), "rent to the lamport");

    // In this slot nothing can be used, and yet nothing is missing.
    assert!(stage.usable().await.is_empty());
    assert!(stage.plan(&wanted).await.is_empty());
    stage.cluster.advance_blocks(1);
    let tables = stage.usable().await;
    assert!(tables.iter().all(|table| table.addresses[0] == stage.pool));
    assert_eq!(tables.iter().map(|table| table.addresses.len()).sum::<usize>(), 603);
    assert!(wanted.iter().all(|address| tables.iter().any(|table| table.addresses.contains(address))));

    // The pool grows and turns over; another pool of the same authority gets tables of its own.
    wanted.extend(addresses(200));
    let before = stage.lamports();
    let grown = stage.plan(&wanted).await;
    assert_eq!(grown.changes.iter().filter(|change| change.is_new()).count(), 1);
    let fees = stage.send(&grown.plan).await;
    assert_eq!(stage.lamports(), before - fees - grown.rent(&stage.cluster.rent()));
    let wanted = &wanted[200..];
    let turned = stage.plan(wanted).await;
    assert_eq!(turned.replaced.len(), 1);
    stage.send(&turned.plan).await;
    assert!(stage.plan(wanted).await.is_empty());

    let other = Stage { pool: Address::new_unique(), ..stage };
    assert!(other.tables().await.is_empty());
    let slots = lookup::free_slots(&other.cluster, &other.authority.pubkey(), 10).await.unwrap();
    let apart = lookup::plan(&[], &addresses(10), &other.keeper(), &slots).unwrap();
    other.send(&apart.plan).await;
    assert_eq!(other.tables().await.len(), 1);
}

#[tokio::test]
async fn a_transaction_uses_a_table_from_the_next_slot_on() {
    let stage = Stage::new();
    let recipients = addresses(30);
    let made = stage.plan(&recipients).await;
    stage.send(&made.plan).await;
    let table = stage.tables().await.remove(0);
    let all = AddressLookupTableAccount { key: table.address, addresses: table.addresses.clone() };
    let pay = |to: &Address, table: &AddressLookupTableAccount| Outgoing {
        format: TransactionFormat::V0(vec![table.clone()]),
        ..Outgoing::new("pay", vec![system_instruction::transfer(&stage.payer.pubkey(), to, SOL / 10)])
    };

    // The bank agrees that it is too early.
    let early = stage.sender().send(&[pay(&recipients[3], &all)]).await;
    match &early.transactions[0].outcome {
        Outcome::WouldFail(failure) => {
            assert_eq!(failure.error, TransactionError::InvalidAddressLookupTableIndex);
        }
        other => panic!("too early, and yet: {other}"),
    }
    stage.cluster.advance_blocks(1);
    let usable = stage.usable().await.remove(0);
    assert_eq!(usable, all);
    assert!(stage.sender().send(&[pay(&recipients[3], &usable)]).await.is_success());
    assert_eq!(stage.cluster.lamports(&recipients[3]), SOL / 10);

    // Added addresses cannot be used in the same slot; the earlier ones can.
    let more = [recipients.clone(), addresses(5)].concat();
    stage.send(&stage.plan(&more).await.plan).await;
    let now = stage.usable().await.remove(0);
    assert_eq!(now, all);
    assert!(stage.sender().send(&[pay(&recipients[4], &now)]).await.is_success());
    let named = lookup::load(&stage.cluster, &[table.address]).await.unwrap();
    assert_eq!((named[0].addresses.len(), named[0].settled), (36, 31));
    stage.cluster.advance_blocks(1);
    let next = stage.usable().await.remove(0);
    assert!(stage.sender().send(&[pay(&more[34], &next)]).await.is_success());
}

#[tokio::test]
async fn the_rent_comes_back_after_the_cool_down() {
    let stage = Stage::new();
    let made = stage.plan(&addresses(300)).await;
    stage.send(&made.plan).await;
    stage.cluster.advance_blocks(1);
    let (authority, recipient) = (stage.authority.pubkey(), Address::new_unique());
    let closing = async || {
        let slot_hashes = stage.cluster.slot_hashes().await.unwrap();
        lookup::close(&stage.tables().await, &authority, &recipient, &slot_hashes)
    };
    let rent: u64 = stage.tables().await.iter().map(|table| table.lamports).sum();
    assert_eq!(rent, made.rent(&stage.cluster.rent()));

    let first = closing().await.unwrap();
    assert!(first.tables.iter().all(|table| table.state == TableState::Active));
    assert_eq!((first.refund(), first.later_refund()), (0, rent));
    stage.send(&first.plan).await;
    assert!(stage.usable().await.is_empty());
    assert_eq!(closing().await.unwrap().wait(), Some(513));

    // Slots without a block do not count, and the last block counts.
    stage.cluster.skip_to_slot(stage.cluster.slot() + 1_000).unwrap();
    let wait = closing().await.unwrap().wait().unwrap();
    stage.cluster.advance_blocks(wait - 1);
    let early = closing().await.unwrap();
    assert_eq!(early.wait(), Some(1));
    assert!(early.plan.is_empty());
    stage.cluster.advance_blocks(1);
    let last = closing().await.unwrap();
    assert_eq!((last.refund(), last.wait()), (rent, None));
    stage.send(&last.plan).await;
    assert_eq!(stage.cluster.lamports(&recipient), rent);
    assert!(stage.tables().await.is_empty());
    assert!(stage.plan(&addresses(1)).await.changes[0].is_new());
}

#[tokio::test]
async fn a_stranger_closes_nothing() {
    let stage = Stage::new();
    stage.send(&stage.plan(&addresses(3)).await.plan).await;
    let stranger = Keypair::new().pubkey();
    let slot_hashes = stage.cluster.slot_hashes().await.unwrap();
    let refused = lookup::close(&stage.tables().await, &stranger, &stranger, &slot_hashes).unwrap_err();
    assert!(matches!(refused, LookupError::NotAuthority { .. }), "{refused}");
}
