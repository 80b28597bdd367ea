use {
    super::*,
    solana_clock::Clock,
    solana_vote_interface::{
        authorized_voters::AuthorizedVoters,
        state::{VoteInit, VoteState1_14_11, VoteStateV3, VoteStateVersions},
    },
};

const VOTE: Address = Address::new_from_array([7; 32]);
const NODE: Address = Address::new_from_array([8; 32]);
/// Lengths of vote accounts, in bytes: in Solana 1.14, and since.
const LENGTHS: [usize; 2] = [3_731, 3_762];

fn account(state: VoteStateVersions, length: usize) -> Account {
    let mut account = Account::new(Rent::default().minimum_balance(length) + 5, length, &solana_sdk_ids::vote::ID);
    VoteStateV4::serialize(&state, &mut account.data).unwrap();
    account
}

fn v4(change: impl FnOnce(&mut VoteStateV4)) -> Account {
    let init = VoteInit { node_pubkey: NODE, authorized_voter: NODE, authorized_withdrawer: NODE, commission: 0 };
    let mut state = VoteStateV4::new_with_defaults(&VOTE, &init, &Clock::default());
    change(&mut state);
    account(VoteStateVersions::new_v4(state), LENGTHS[1])
}

fn decode(account: &Account) -> VoteAccount {
    VoteAccount::decode(&VOTE, Some(account), &Rent::default())
}

fn open(account: &Account) -> VoteState {
    decode(account).state().unwrap_or_else(|| panic!("{}", decode(account))).clone()
}

#[test]
fn all_versions_are_decoded() {
    let voters = AuthorizedVoters::new(3, NODE);
    let credits = vec![(3, 10, 0), (4, 10, 10)];
    let older = VoteState {
        version: 1,
        node: NODE,
        inflation_commission_bps: 700,
        block_revenue_commission_bps: None,
        has_bls_key: false,
        spare_lamports: 5,
        last_epoch_with_credits: Some(3),
        credits: vec![(3, 10)],
    };
    let state = VoteState1_14_11 {
        node_pubkey: NODE,
        commission: 7,
        authorized_voters: voters.clone(),
        epoch_credits: credits.clone(),
        ..VoteState1_14_11::default()
    };
    assert_eq!(open(&account(VoteStateVersions::V1_14_11(Box::new(state)), LENGTHS[0])), older);

    let state = VoteStateV3 {
        node_pubkey: NODE,
        commission: 7,
        authorized_voters: voters,
        epoch_credits: credits,
        ..VoteStateV3::default()
    };
    let state = account(VoteStateVersions::new_v3(state), LENGTHS[1]);
    assert_eq!(open(&state), VoteState { version: 3, ..older.clone() });

    let state = v4(|state| {
        state.inflation_rewards_commission_bps = 725;
        state.block_revenue_commission_bps = 9_000;
        state.bls_pubkey_compressed = Some([1; 48]);
        state.epoch_credits = vec![(3, 10, 0)];
    });
    let newest = VoteState {
        version: 4,
        inflation_commission_bps: 725,
        block_revenue_commission_bps: Some(9_000),
        has_bls_key: true,
        ..older
    };
    assert_eq!(open(&state), newest);
}

#[test]
fn commissions_above_one_count_as_one() {
    let state = open(&v4(|state| {
        state.inflation_rewards_commission_bps = 10_001;
        state.block_revenue_commission_bps = u16::MAX;
    }));
    assert_eq!((state.inflation_commission_bps, state.block_revenue_commission_bps), (10_000, Some(10_000)));
}

#[test]
fn credits_count_by_growth_on_both_sides_of_the_alpenglow_marker() {
    let last =
        |entries: &[(u64, u64, u64)]| open(&v4(|state| state.epoch_credits = entries.to_vec())).last_epoch_with_credits;
    assert_eq!(last(&[]), None);
    assert_eq!(last(&[(5, 0, 0)]), None);
    assert_eq!(last(&[(5, 7, 0), (6, 9, 7)]), Some(6));
    assert_eq!(last(&[(5, 7, 0), ERA_MARKER]), Some(5), "no epoch after the marker yet");
    // Lamports after the marker can be fewer than the credits before it.
    assert_eq!(last(&[(5, 900_000, 0), ERA_MARKER, (6, 40, 0), (7, 40, 40)]), Some(6));
}

#[test]
fn accounts_without_a_state_say_why() {
    assert_eq!(VoteAccount::decode(&VOTE, None, &Rent::default()), VoteAccount::Missing);
    for length in LENGTHS {
        let zeros = Account::new(1, length, &solana_sdk_ids::vote::ID);
        assert_eq!(decode(&zeros), VoteAccount::Uninitialized);
    }
    let closed = account(VoteStateVersions::new_v3(VoteStateV3::default()), LENGTHS[1]);
    assert_eq!(decode(&closed), VoteAccount::Uninitialized);

    let mut unknown = v4(|_| {});
    unknown.data[0] = 9;
    assert_eq!(decode(&unknown), VoteAccount::Unreadable { length: LENGTHS[1], version: Some(9) });
    assert!(decode(&unknown).to_string().contains("unknown or damaged layout 9"));
    let mut old = v4(|_| {});
    (old.data[0], old.data[100]) = (0, 1);
    assert_eq!(decode(&old), VoteAccount::Unreadable { length: LENGTHS[1], version: Some(0) });
    let wallet = Account::new(1, 0, &tidepool_interface::address::SYSTEM_PROGRAM_ID);
    assert_eq!(decode(&wallet), VoteAccount::Other(AccountKind::Wallet));
}

#[test]
fn truncated_accounts_are_unreadable_or_whole() {
    let whole = v4(|state| state.epoch_credits = vec![(5, 7, 0)]);
    for length in 0..whole.data.len() {
        let mut cut = whole.clone();
        cut.data.truncate(length);
        match decode(&cut) {
            VoteAccount::Open(state) => assert_eq!(state.last_epoch_with_credits, Some(5), "{length} bytes"),
            VoteAccount::Unreadable { length: told, .. } => assert_eq!(told, length),
            VoteAccount::Uninitialized => assert_eq!(length, 0),
            other => panic!("{length} bytes: {other:?}"),
        }
    }
}

#[test]
fn each_caution_has_its_reason() {
    let found = |account: &Account, reported: Option<ClusterValidator>, admits| {
        cautions(&decode(account), 10, reported.as_ref(), admits)
    };
    let voting = ClusterValidator { vote: VOTE, activated_stake: 1, is_admitted: true, is_voting: true };
    let absent = ClusterValidator { activated_stake: 0, is_admitted: false, is_voting: false, ..voting };
    let good = v4(|state| {
        state.epoch_credits = vec![(9, 7, 0)];
        state.bls_pubkey_compressed = Some([1; 48]);
    });
    assert_eq!(found(&good, None, true), []);
    assert_eq!(found(&good, Some(voting), true), []);
    assert_eq!(found(&good, Some(ClusterValidator { is_admitted: false, ..voting }), true), [Caution::NotAdmitted]);
    assert_eq!(found(&good, Some(absent), true), [Caution::NotAdmitted]);
    assert_eq!(found(&good, Some(absent), false), [], "a validator without stake, where all are admitted");

    let silent = v4(|state| state.epoch_credits = vec![(8, 7, 0)]);
    assert_eq!(found(&silent, None, false), [Caution::NotVotingSince { epoch: 8 }]);
    assert_eq!(found(&silent, Some(absent), true), [Caution::NotVotingSince { epoch: 8 }, Caution::NoBlsKey]);
    let greedy = v4(|state| state.inflation_rewards_commission_bps = 10_000);
    assert_eq!(found(&greedy, None, false), [Caution::NeverVoted, Caution::FullCommission]);
    assert_eq!(found(&greedy, Some(voting), false), [Caution::FullCommission], "it votes without credits");
    let zeros = Account::new(1, LENGTHS[1], &solana_sdk_ids::vote::ID);
    assert_eq!(found(&zeros, None, false), [Caution::NotDelegable]);
}
