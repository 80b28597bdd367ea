//! A pool of 1,000 validators on a real bank: its updates load no more account data than they request.

use {
    crate::bank::Bank,
    solana_account::Account,
    solana_address::Address,
    solana_hash::Hash,
    solana_instruction::Instruction,
    solana_message::{AddressLookupTableAccount, VersionedMessage, v0},
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::{
        future::Future,
        pin::pin,
        task::{Context, Poll, Waker},
    },
    tidepool_client::{
        cluster::Cluster,
        loaded_data,
        pack::{self, PackOptions, TransactionFormat},
        plan::{self, LookupContent, UpdateOptions},
        pool::PoolSnapshot,
        send::Outgoing,
    },
    tidepool_embedded::EmbeddedCluster,
    tidepool_interface::address::COMPUTE_BUDGET_PROGRAM_ID,
    tidepool_tests::{
        SOL,
        extension::PoolKind,
        pool::{PoolFixture, PoolSpec, ValidatorSpec},
        scenario::EPOCH,
        vm::Vm,
    },
};

const VALIDATORS: usize = 1_000;

fn install(vm: &mut Vm) -> PoolFixture {
    vm.set_epoch(EPOCH);
    let spec = PoolSpec {
        reserve: 50 * SOL,
        total_lamports: 1_000 * SOL,
        supply: 900 * SOL,
        validators: vec![ValidatorSpec::active(100 * SOL, 0); VALIDATORS],
        last_update_epoch: EPOCH - 1,
        kind: PoolKind::EXTENDED,
        ..PoolSpec::default()
    };
    PoolFixture::install(&spec, vm)
}

/// Lookup tables with all that an update names.
fn make_tables(snapshot: &PoolSnapshot, cluster: &EmbeddedCluster) -> Vec<AddressLookupTableAccount> {
    let make = |addresses: &[Address]| {
        // A table that is neither deactivated nor extended, without an authority.
        let mut data = vec![0; 56];
        data[0] = 1;
        data[4..12].fill(u8::MAX);
        data.extend(addresses.iter().flat_map(|address| address.to_bytes()));
        let (key, owner) = (Address::new_unique(), solana_sdk_ids::address_lookup_table::ID);
        cluster.set_account(&key, Account { lamports: SOL, data, owner, ..Account::default() });
        AddressLookupTableAccount { key, addresses: addresses.to_vec() }
    };
    plan::lookup_addresses(snapshot, LookupContent::default()).chunks(256).map(make).collect()
}

/// What the embedded cluster answers: at once.
fn ready<T>(answer: impl Future<Output = T>) -> T {
    match pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("the embedded cluster never waits"),
    }
}

/// The message of a transaction with the highest compute unit limit and this limit of loaded data.
fn message(payer: &Address, outgoing: &Outgoing, loaded_bytes: u32) -> VersionedMessage {
    let set = |kind: u8, limit: u32| {
        let data = [&[kind][..], &limit.to_le_bytes()].concat();
        Instruction::new_with_bytes(COMPUTE_BUDGET_PROGRAM_ID, &data, vec![])
    };
    let instructions = [&outgoing.instructions[..], &[set(2, 1_400_000), set(4, loaded_bytes)]].concat();
    let message = v0::Message::try_compile(payer, &instructions, outgoing.format.lookup_tables(), Hash::default());
    VersionedMessage::V0(message.expect("a message"))
}

#[test]
fn updates_load_no_more_than_they_request() {
    let mut vm = Vm::of_tidepool();
    let pool = install(&mut vm);
    for with_tables in [true, false] {
        let bank = Bank::new(&vm);
        bank.put(&vm.accounts);
        let cluster = &bank.cluster;
        let snapshot = pool.snapshot(&vm);
        let lookup_tables = if with_tables { make_tables(&snapshot, cluster) } else { vec![] };
        let options =
            UpdateOptions { format: TransactionFormat::V0(lookup_tables.clone()), ..UpdateOptions::default() };
        let plan = plan::update(&snapshot, &options).expect("a plan");
        let packing = PackOptions { format: TransactionFormat::V0(lookup_tables), ..PackOptions::new(bank.payer) };
        let packed = pack::pack_plan(&plan, &packing).expect("transactions");
        assert!(!with_tables || packed.concat().len() <= 25, "{}", packed.concat().len());
        for outgoing in packed.iter().flatten() {
            let of = |loaded_bytes| message(&bank.payer, outgoing, loaded_bytes);
            let bound = loaded_data::bound(&outgoing.instructions, outgoing.format.lookup_tables());
            let unsigned = VersionedTransaction { signatures: vec![Signature::default()], message: of(bound) };
            let simulated = ready(Cluster::simulate(cluster, &unsigned)).expect("an answer");
            assert_eq!(simulated.error, None, "{:#?}", simulated.logs);
            let loaded = simulated.loaded_bytes.expect("a size");
            let tables = outgoing.format.lookup_tables().len() as u32 * loaded_data::PER_LOOKUP_TABLE;
            assert!(loaded > tables + 73 * VALIDATORS as u32 && loaded < bound, "{loaded} of {bound}");
            let error = cluster.process_unsigned(of(loaded - 1)).expect_err("a limit that is too low").error;
            assert_eq!(error.to_string(), "Transaction exceeded max loaded accounts data size cap");
            cluster.process_unsigned(of(loaded_data::limit_for(loaded))).expect("a limit that suffices");
        }
    }
}
