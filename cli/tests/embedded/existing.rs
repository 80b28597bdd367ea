//! Accounts of a pool to be created that exist and differ.

use {
    super::{
        creating::{Making, VALIDATORS, signing},
        endpoints::TestEndpoint,
        harness::{REFUSED, SOL, Stage, assert_fails},
    },
    solana_address::Address,
    solana_instruction::Instruction,
    solana_signer::Signer as _,
    solana_stake_interface::{
        instruction as stake,
        state::{Authorized, Lockup},
    },
    solana_system_interface::instruction as system,
    spl_token_2022_interface::instruction as token,
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID},
        external::token::MINT_LENGTH,
        state::validator_list_length,
    },
};

#[tokio::test]
async fn an_existing_account_that_is_wrong_is_named() {
    let stage = Stage::new();
    let other = Address::new_unique();
    let rent = |length: usize| stage.cluster.rent().minimum_balance(length);
    /// Makes one of the accounts wrong: its index, the instructions, what is found and what is expected.
    type Wrong<'a> = Box<dyn Fn(&Making) -> (usize, Vec<Instruction>, Vec<String>) + 'a>;
    let create = |making: &Making, index: usize, length: usize, owner: &Address| {
        let (payer, address) = (making.wallet.pubkey(), making.keys[index].pubkey());
        system::create_account(&payer, &address, rent(length), length as u64, owner)
    };
    let mint = |making: &Making, authority: &Address, freeze: Option<&Address>, decimals: u8| {
        let address = making.keys[3].pubkey();
        let initialize = token::initialize_mint2(&TOKEN_PROGRAM_ID, &address, authority, freeze, decimals).unwrap();
        vec![create(making, 3, MINT_LENGTH, &TOKEN_PROGRAM_ID), initialize]
    };
    let reserve = |making: &Making, authorized: &Authorized, lockup: &Lockup| {
        let initialize = stake::initialize(&making.keys[2].pubkey(), authorized, lockup);
        vec![create(making, 2, STAKE_ACCOUNT_SPACE, &STAKE_PROGRAM_ID), initialize]
    };
    let authority = |making: &Making| making.withdraw_authority(&stage);
    let list = validator_list_length(VALIDATORS);
    let program = stage.program_id;
    let wrongs: Vec<Wrong> = vec![
        Box::new(|making| {
            (0, vec![create(making, 0, 611, &other)], vec!["owner".into(), other.to_string(), program.to_string()])
        }),
        Box::new(|making| (0, vec![create(making, 0, 700, &program)], vec!["700 bytes".into(), "5987".into()])),
        Box::new(|making| {
            (1, vec![create(making, 1, list + 73, &program)], vec![format!("{} bytes", list + 73), list.to_string()])
        }),
        Box::new(|making| {
            let parts = vec!["owner".into(), SYSTEM_PROGRAM_ID.to_string(), STAKE_PROGRAM_ID.to_string()];
            (2, vec![create(making, 2, STAKE_ACCOUNT_SPACE, &SYSTEM_PROGRAM_ID)], parts)
        }),
        // A wallet by mistake: its lamports would be locked up.
        Box::new(|making| {
            let transfer = system::transfer(&making.wallet.pubkey(), &making.keys[3].pubkey(), rent(MINT_LENGTH) + 1);
            (3, vec![transfer], vec!["balance 0.001461601 SOL".into(), "at most 0.001461600 SOL".into()])
        }),
        Box::new(|making| {
            let made = reserve(making, &Authorized::auto(&other), &Lockup::default());
            (2, made, vec!["authority".into(), other.to_string(), authority(making).to_string()])
        }),
        Box::new(|making| {
            let lockup = Lockup { epoch: 900, ..Lockup::default() };
            (2, reserve(making, &Authorized::auto(&authority(making)), &lockup), vec!["lockup".into()])
        }),
        Box::new(|making| {
            let made = mint(making, &other, None, 9);
            (3, made, vec!["authority".into(), other.to_string(), authority(making).to_string()])
        }),
        Box::new(|making| {
            let made = mint(making, &authority(making), Some(&other), 9);
            (3, made, vec!["freeze authority".into(), other.to_string(), "none".into()])
        }),
        Box::new(|making| {
            (3, mint(making, &authority(making), None, 6), vec!["decimals 6".into(), "expected 9".into()])
        }),
    ];
    for (number, wrong) in wrongs.iter().enumerate() {
        let making = Making::new(&stage, &format!("wrong{number}"), SOL);
        let (index, instructions, parts) = wrong(&making);
        stage.cluster.process(&instructions, &making.wallet, &signing(&instructions, &making.keys[index])).unwrap();
        let before = stage.cluster.lamports(&making.wallet.pubkey());
        let (exit, message) = making.fails(&stage, "").await;
        assert_eq!(exit, REFUSED, "{number}: {message}");
        let option = ["--pool-keypair", "--validator-list-keypair", "--reserve-keypair", "--mint-keypair"][index];
        for part in parts.iter().chain([&making.keys[index].pubkey().to_string(), &option.to_owned()]) {
            assert!(message.contains(part), "{number}: {message:?} does not say {part:?}");
        }
        assert_eq!(stage.cluster.lamports(&making.wallet.pubkey()), before, "{number}");
    }
    // The fee account of another owner.
    let making = Making::new(&stage, "fee", SOL);
    making.run(&stage, &TestEndpoint::failing_after(&stage.cluster, 1)).await.unwrap_err();
    let fee_account = making.accounts(&stage)[4];
    let (wallet, kind) = (making.wallet.pubkey(), token::AuthorityType::AccountOwner);
    let give = token::set_authority(&TOKEN_PROGRAM_ID, &fee_account, Some(&other), kind, &wallet, &[]).unwrap();
    stage.cluster.process(&[give], &making.wallet, &[]).unwrap();
    let (exit, message) = making.fails(&stage, "").await;
    assert_eq!(exit, REFUSED, "{message}");
    for part in [fee_account, other, wallet].map(|address| address.to_string()) {
        assert!(message.contains(&part) && message.contains("token owner"), "{message}");
    }
    // A whole pool with other settings than asked for.
    let making = Making::new(&stage, "other", SOL);
    stage.run_as("other", &making.line).await.unwrap();
    let staker = Address::new_unique();
    for (options, parts) in [
        (
            format!("--staker {staker}"),
            vec!["staker".to_owned(), staker.to_string(), making.wallet.pubkey().to_string()],
        ),
        ("--epoch-fee 5%".into(), vec!["epoch fee".into(), "5/100".into(), "expected".into()]),
        ("--turnover-budget 20%".into(), vec!["turnover budget".into(), "1000".into(), "2000".into()]),
        ("--max-validators 21".into(), vec!["room for validators 20".into(), "expected 21".into()]),
    ] {
        let (exit, message) = making.fails(&stage, &options).await;
        assert_eq!(exit, REFUSED, "{message}");
        let index = usize::from(options.contains("--max-validators"));
        for part in parts.iter().chain([&making.keys[index].pubkey().to_string(), &"`set-` commands".to_owned()]) {
            assert!(message.contains(part), "{options}: {message:?} does not say {part:?}");
        }
    }
}

#[tokio::test]
async fn refuses_a_wallet_as_an_account_of_a_pool() {
    let stage = Stage::new();
    let file = stage.folder_file("wallet");
    let before = stage.cluster.lamports(&stage.wallet.pubkey());
    for option in ["--pool-keypair", "--validator-list-keypair", "--reserve-keypair", "--mint-keypair"] {
        let line = format!("create-pool --program-id {} {option} {file}", stage.program_id);
        assert_fails(&stage, &line, REFUSED, &[&stage.wallet.pubkey().to_string()]).await;
    }
    assert_eq!(stage.cluster.lamports(&stage.wallet.pubkey()), before);
}
