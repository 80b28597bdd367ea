//! The extension can be added in place to any pool, and changes nothing else.

use {
    crate::folder::{Folder, SOL, SavedPool, Validator, address_of},
    tidepool_embedded::vote_account,
    tidepool_interface::state::EXTENDED_POOL_LENGTH,
    tidepool_localnet::{
        rehearse::{self, DryRun, Extended, ForHolders, Options},
        run::StageCost,
    },
};

async fn rehearse(folder: &Folder) -> (DryRun, String) {
    let mut out = Vec::new();
    let options = Options { source: folder.path(), ..Options::default() };
    let rehearsed = rehearse::run(&options, &mut out).await;
    let text = String::from_utf8(out).unwrap();
    (rehearsed.unwrap_or_else(|error| panic!("{error}\n{text}")), text)
}

fn transactions(stages: &[StageCost]) -> usize {
    stages.iter().map(|stage| stage.transactions).sum()
}

fn units(stages: &[StageCost]) -> u64 {
    stages.iter().map(|stage| stage.units).sum()
}

async fn extended(pool: &SavedPool) -> (DryRun, Extended, String) {
    let (mut rehearsed, text) = rehearse(&pool.save()).await;
    let extended = rehearsed.extended.take().unwrap_or_else(|| panic!("{text}"));
    (rehearsed, extended, text)
}

#[tokio::test]
async fn pools_of_all_lengths_are_extended_in_place() {
    for length in [499, 529, 611, 700, 800] {
        let pool = SavedPool { length, ..SavedPool::of(&[Validator::active(5_000 * SOL); 3]) };
        let (_, extended, _) = extended(&pool).await;
        assert_eq!(extended.last.accounts().pool.data.len(), length.max(EXTENDED_POOL_LENGTH));
        assert!(extended.last.is_extended());
        assert!(extended.last.records().iter().all(|record| record.extension.weight() > 0));
    }
}

#[tokio::test]
async fn an_update_takes_a_fraction_of_the_transactions() {
    let validators: Vec<_> = (1..=300).map(|index| Validator::active((1_000 + index) * SOL + index)).collect();
    let pool = SavedPool { reserve: 5_000 * SOL, ..SavedPool::of(&validators) };
    let (spl, extended, text) = extended(&pool).await;
    // 54 validators in a transaction, and one transaction for the totals.
    assert_eq!(transactions(&extended.update), 300_usize.div_ceil(54) + 1, "{text}");
    assert_eq!(transactions(&extended.quiet), transactions(&extended.update));
    assert!(transactions(&spl.stages) > 4 * transactions(&extended.update));
    assert!(units(&extended.quiet) < units(&spl.stages) / 2, "{text}");

    // All that the reserve can spare goes to the validators, in proportion to what they lack.
    let spent: u64 = extended.plan.movements.iter().map(|movement| movement.lamports).sum();
    assert!(spent > 4_990 * SOL && spent <= 5_000 * SOL, "{spent}");
    assert_eq!(extended.plan.movements.len(), 300);
    assert!(extended.last.records().iter().all(|record| record.transient_stake_lamports.get() == 0));
}

#[tokio::test]
async fn ticket_is_paid_and_demoted_validators_are_named() {
    let pool = SavedPool::of(&[Validator::active(5_000 * SOL), Validator::active(400 * SOL)]);
    let folder = pool.save();
    let vote = pool.records[1].vote_account_address;
    folder.add("vote", &vote, &vote_account(&vote, &vote, 10_000, &solana_rent::Rent::default()));
    let (mut rehearsed, text) = rehearse(&folder).await;
    let ForHolders { settings, demoted, ticket } = rehearsed.extended.take().unwrap().holders.unwrap();
    assert_eq!(transactions(&settings), 2);
    assert_eq!(demoted, [vote]);
    let (requested, paid_in) = ticket.unwrap();
    // A deposit of 100 SOL, less the fees on deposits and withdrawals.
    assert!((99 * SOL..100 * SOL).contains(&requested.lamports), "{requested:?}");
    assert!(Some(paid_in) <= requested.payable_from_epoch.map(|epoch| epoch + 2), "{text}");
    assert!(text.contains("1 validator with") && text.contains("paid                   to the lamport"), "{text}");
}

#[tokio::test]
async fn pool_with_a_withdraw_authority_gives_no_ticket() {
    let mut pool = SavedPool::of(&[Validator::active(5_000 * SOL)]);
    pool.state.terms.sol_withdraw_authority = Some(address_of("gate"));
    let (_, extended, text) = extended(&pool).await;
    let holders = extended.holders.unwrap();
    assert!(holders.ticket.is_none() && holders.demoted.is_empty(), "{text}");
    assert!(text.contains("an exit ticket, which"), "{text}");
}
