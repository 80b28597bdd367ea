//! The program as its deployer brings it to a cluster: by the loader's own instructions. The validator has SIMD-0500 active,
//! which `--bpf-program` of the other tests does not meet.

use {
    crate::{
        harness::{cluster::Cluster, path_from, user::User, wait_for},
        stake::rent,
        world::{Test, World},
    },
    agave_feature_set::disable_sbpf_v0_v1_v2_deployment,
    solana_address::Address,
    solana_keypair::Keypair,
    solana_loader_v3_interface::{instruction as loader, state::UpgradeableLoaderState},
    solana_signer::Signer as _,
    std::fs,
    tidepool_tests::SOL,
};

pub const TESTS: &[Test] = &[("deployment::a_pool_of_a_deployed_program_outlives_an_upgrade", deploy_and_upgrade)];

/// Bytes of an ELF in one `Write`, so that the transaction fits into 1,232 bytes.
const CHUNK: usize = 900;

fn deploy_and_upgrade(world: &World) {
    let cluster = world.steady();
    let gate = cluster.rpc.account(&disable_sbpf_v0_v1_v2_deployment::ID).expect("the gate's account");
    assert_eq!(gate.data[0], 1, "SIMD-0500 is not active on this validator");
    let deployer = User::new(cluster);
    let elf = fs::read(path_from("E2E_PROGRAM")).expect("the program was built");

    let program = deploy(cluster, &deployer.keypair, &elf);
    let create = "create-pool --max-validators 3 --epoch-fee 5% --initial-deposit 10";
    let created = deployer.must(&format!("{create} --program-id {program}"));
    let pool = created["pool"].as_str().expect("an address").to_owned();

    let buffer = upload(cluster, &deployer.keypair, &elf);
    let authority = deployer.address();
    let upgrade = loader::upgrade(&program, &buffer, &authority, &authority);
    cluster.rpc.send(&[upgrade], &[&deployer.keypair]);
    wait_for_next_slot(cluster);
    deployer.must(&format!("crank {pool}"));
    deployer.must(&format!("deposit-sol {pool} 5"));
    let shown = deployer.must(&format!("show {pool}"));
    assert_eq!(shown["total_lamports"], 15 * SOL);
}

/// Writes an ELF to a new buffer account, as `solana program write-buffer` does.
fn upload(cluster: &Cluster, deployer: &Keypair, elf: &[u8]) -> Address {
    let (buffer, authority) = (Keypair::new(), deployer.pubkey());
    let lamports = rent(cluster, UpgradeableLoaderState::size_of_programdata(elf.len()));
    let create = loader::create_buffer(&authority, &buffer.pubkey(), &authority, lamports, elf.len());
    cluster.rpc.send(&create.expect("instructions"), &[deployer, &buffer]);
    let write = |(index, bytes): (usize, &[u8])| {
        loader::write(&buffer.pubkey(), &authority, (index * CHUNK) as u32, bytes.to_vec())
    };
    let writes: Vec<_> = elf.chunks(CHUNK).enumerate().map(write).collect();
    cluster.rpc.send_each(&writes, &[deployer]);
    buffer.pubkey()
}

/// Deploys an ELF to a new program id, as `solana program deploy` does.
fn deploy(cluster: &Cluster, deployer: &Keypair, elf: &[u8]) -> Address {
    let buffer = upload(cluster, deployer, elf);
    let (program, authority) = (Keypair::new(), deployer.pubkey());
    let lamports = rent(cluster, UpgradeableLoaderState::size_of_program());
    let deploy =
        loader::deploy_with_max_program_len(&authority, &program.pubkey(), &buffer, &authority, lamports, elf.len());
    cluster.rpc.send(&deploy.expect("instructions"), &[deployer, &program]);
    wait_for_next_slot(cluster);
    program.pubkey()
}

/// A deployed program can be called, and upgraded, from the next slot on.
fn wait_for_next_slot(cluster: &Cluster) {
    let deployed = cluster.rpc.slot();
    wait_for("another block", || (cluster.rpc.slot() > deployed).then_some(()));
}
