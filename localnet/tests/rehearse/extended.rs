//! The extension can be added in place to any pool, and changes nothing else.

use {
    crate::folder::{Folder, SOL, SavedPool, Validator},
    tidepool_interface::state::EXTENDED_POOL_LENGTH,
    tidepool_localnet::{
        rehearse::{self, DryRun, Extended, Moving, Options},
        run::StageCost,
    },
};

async fn rehearse(folder: &Folder) -> (DryRun, String) {
    let mut out = Vec::new();
    let options = Options { folder: folder.path(), program: None, moving: Moving::default() };
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
