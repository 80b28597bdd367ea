//! Transactions with a fixed hash or a nonce, and offline signing.

use {super::*, solana_hash::Hash, solana_message::VersionedMessage, solana_signer::null_signer::NullSigner};

const NONCE_HASH: Hash = Hash::new_from_array([77; 32]);

/// A cluster with a nonce account whose authority is `authority`.
fn with_nonce(script: Script, authority: &Keypair) -> (Scripted, DurableNonce) {
    let account = Address::new_from_array([3; 32]);
    let nonce = DurableNonce { account, authority: authority.pubkey(), hash: NONCE_HASH };
    let cluster = Scripted::new(script);
    cluster.state().nonce = Some(nonce);
    (cluster, nonce)
}

fn options(lifetime: Lifetime) -> SendOptions {
    SendOptions { lifetime, ..SendOptions::default() }
}

#[tokio::test(start_paused = true)]
async fn uses_given_blockhash_once() {
    let cluster = Scripted::new(Script { lose_blockhashes: 1, ..Script::default() });
    let hash = cluster.latest_blockhash().await.unwrap().hash;
    let payer = Keypair::new();
    let sender = Sender::new(&cluster, &payer).options(options(Lifetime::Blockhash(hash)));
    let summary = sender.send(&[outgoing(1)]).await;
    assert!(matches!(summary.transactions[0].outcome, Outcome::Expired { attempts: 1, has_fixed_hash: true }));
    assert_eq!((cluster.signatures(), cluster.ran()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn nonce_instruction_comes_first() {
    let payer = Keypair::new();
    let (cluster, nonce) = with_nonce(Script::default(), &payer);
    assert_eq!(DurableNonce::read(&cluster, &nonce.account).await.unwrap(), nonce);
    let elsewhere = DurableNonce::read(&cluster, &Address::default()).await;
    assert!(matches!(elsewhere, Err(NonceError::NotANonce { .. })));

    let sender = Sender::new(&cluster, &payer).options(options(Lifetime::Nonce(nonce)));
    let summary = sender.send(&[outgoing(1)]).await;
    assert!(summary.is_success(), "{}", summary.transactions[0].outcome);
    let state = cluster.state();
    let message = &state.arrived[0].message;
    assert_eq!(*message.recent_blockhash(), NONCE_HASH);
    assert_eq!(state.ran[0], [4, 0, 0, 0], "the nonce is used first");
    assert_eq!(Lifetime::of(message), Lifetime::Nonce(nonce));
}

#[tokio::test(start_paused = true)]
async fn expires_after_nonce_is_used() {
    let payer = Keypair::new();
    let (cluster, nonce) = with_nonce(Script { lose_sends: u32::MAX, ..Script::default() }, &payer);
    let sender = Sender::new(&cluster, &payer).options(options(Lifetime::Nonce(nonce)));
    let signed = sender.sign_only(&[outgoing(1)]).await.unwrap().remove(0).complete().unwrap();
    cluster.state().nonce = Some(DurableNonce { hash: Hash::new_from_array([1; 32]), ..nonce });
    cluster.state().valid.insert(NONCE_HASH, (1, 0));
    let summary = sender.submit("it", signed).await;
    assert!(matches!(summary.transactions[0].outcome, Outcome::Expired { attempts: 1, has_fixed_hash: true }));
}

#[tokio::test(start_paused = true)]
async fn outcome_is_unknown_with_unused_nonce() {
    let payer = Keypair::new();
    let (cluster, nonce) = with_nonce(Script { lose_sends: u32::MAX, ..Script::default() }, &payer);
    let sender = Sender::new(&cluster, &payer).options(options(Lifetime::Nonce(nonce)));
    let summary = sender.send(&[outgoing(1)]).await;
    assert!(matches!(summary.transactions[0].outcome, Outcome::Unknown { reason: UnknownReason::NonceNotUsed, .. }));
}

#[tokio::test(start_paused = true)]
async fn sends_offline_signed_transaction_unchanged() {
    let cluster = Scripted::default();
    let hash = cluster.latest_blockhash().await.unwrap().hash;
    let (payer, other) = (Keypair::new(), Keypair::new());
    let mut transaction = outgoing(1);
    transaction.instructions[0].accounts.push(AccountMeta::new_readonly(other.pubkey(), true));

    let absent = NullSigner::new(&other.pubkey());
    let here =
        Sender::new(&cluster, &payer).signers([&absent as &dyn Signer]).options(options(Lifetime::Blockhash(hash)));
    let half = here.sign_only(&[transaction]).await.unwrap().remove(0);
    assert_eq!(half.missing_signers().collect::<Vec<_>>(), [other.pubkey()]);
    assert!(matches!(half.complete(), Err(NotSent::MissingSigner { signer }) if signer == other.pubkey()));
    assert_eq!(cluster.signatures(), 0);

    // The message is passed on as bytes.
    let message: VersionedMessage = bincode::deserialize(&half.message.serialize()).unwrap();
    assert_eq!(Lifetime::of(&message), Lifetime::Blockhash(hash));
    let whole = PartiallySigned::sign("it", message, [&payer as &dyn Signer, &other]).unwrap().complete().unwrap();
    assert_eq!(whole.signatures[0], half.signatures[0].1.unwrap());
    assert!(here.submit("it", whole).await.is_success());
    assert_eq!(cluster.ran(), 1);
}

#[tokio::test(start_paused = true)]
async fn address_without_key_does_not_sign() {
    let cluster = Scripted::default();
    let payer = NullSigner::new(&Address::new_from_array([5; 32]));
    let summary = Sender::new(&cluster, &payer).send(&[outgoing(1)]).await;
    assert!(matches!(summary.transactions[0].outcome, Outcome::NotSent(NotSent::MissingSigner { .. })));
}

#[tokio::test(start_paused = true)]
async fn dry_run_needs_no_key_and_sends_nothing() {
    let cluster = Scripted::default();
    let payer = NullSigner::new(&Address::new_from_array([5; 32]));
    let rehearsed = Sender::new(&cluster, &payer).dry_run(&[outgoing(1)]).await.unwrap();
    assert_eq!((rehearsed[0].units_consumed, rehearsed[0].signatures), (10_000, 1));
    assert!(rehearsed[0].failure.is_none());
    assert_eq!(cluster.signatures(), 0);

    let cluster = Scripted::new(Script { fail_simulation: Some(error()), ..Script::default() });
    let rehearsed = Sender::new(&cluster, &payer).dry_run(&[outgoing(1)]).await.unwrap();
    assert_eq!(rehearsed[0].failure.as_ref().unwrap().error, error());
}

#[tokio::test(start_paused = true)]
async fn price_follows_recent_blocks_up_to_maximum() {
    let price_of = async |price| {
        let cluster = Scripted::new(Script { prices: vec![50, 10, 40, 20], ..Script::default() });
        let payer = Keypair::new();
        let options = SendOptions { compute_unit_price: price, ..SendOptions::default() };
        assert!(Sender::new(&cluster, &payer).options(options).send(&[outgoing(1)]).await.is_success());
        let state = cluster.state();
        let message = &state.arrived[0].message;
        message
            .instructions()
            .iter()
            .find(|instruction| instruction.data[0] == 3)
            .map(|instruction| u64::from_le_bytes(instruction.data[1..9].try_into().unwrap()))
    };
    assert_eq!(price_of(ComputeUnitPrice::default()).await, None);
    assert_eq!(price_of(ComputeUnitPrice::Fixed(9)).await, Some(9));
    assert_eq!(price_of(ComputeUnitPrice::Recent { percentile: 75, at_most: 1_000 }).await, Some(40));
    assert_eq!(price_of(ComputeUnitPrice::Recent { percentile: 75, at_most: 30 }).await, Some(30));
}

#[tokio::test(start_paused = true)]
async fn old_transaction_is_found_or_unknown() {
    let asleep = |has_no_history| Script { blocks_before_first_check: 1_000, has_no_history, ..Script::default() };
    for (has_no_history, lands) in [(false, true), (true, false)] {
        let cluster = Scripted::new(asleep(has_no_history));
        let hash = cluster.latest_blockhash().await.unwrap().hash;
        let payer = Keypair::new();
        let sender = Sender::new(&cluster, &payer).options(options(Lifetime::Blockhash(hash)));
        let signed = sender.sign_only(&[outgoing(1)]).await.unwrap().remove(0).complete().unwrap();
        let summary = sender.submit("it", signed).await;
        let outcome = &summary.transactions[0].outcome;
        assert_eq!(outcome.is_landed(), lands, "{outcome}");
        assert!(lands || matches!(outcome, Outcome::Unknown { reason: UnknownReason::Forgotten, .. }), "{outcome}");
        assert_eq!(cluster.ran(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn rejects_message_with_low_compute_limit() {
    let cluster = Scripted::default();
    let hash = cluster.latest_blockhash().await.unwrap().hash;
    let payer = Keypair::new();
    let sender = Sender::new(&cluster, &payer).options(options(Lifetime::Blockhash(hash)));
    let summary = sender.send(&[Outgoing { compute_units: Some(9_999), ..outgoing(1) }]).await;
    let outcome = &summary.transactions[0].outcome;
    assert!(
        matches!(outcome, Outcome::NotSent(NotSent::TooFewComputeUnits { needed: 10_000, limit: 9_999 })),
        "{outcome}"
    );
    assert_eq!(cluster.signatures(), 0);
}
