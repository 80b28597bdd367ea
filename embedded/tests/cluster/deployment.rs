//! Deployment through loader-v3, where SIMD-0500 rejects ELFs older than sBPF v3.

use {
    crate::SOL,
    agave_feature_set::disable_sbpf_v0_v1_v2_deployment,
    program_elf::Elf,
    solana_account::{Account, ReadableAccount},
    solana_address::Address,
    solana_instruction::{Instruction, error::InstructionError},
    solana_keypair::Keypair,
    solana_loader_v3_interface::{
        get_program_data_address, instruction as loader,
        state::UpgradeableLoaderState::{self, Program, ProgramData},
    },
    solana_rent::Rent,
    solana_sdk_ids::bpf_loader_upgradeable,
    solana_signer::Signer,
    solana_transaction_error::TransactionError,
    tidepool_embedded::{EmbeddedCluster, EmbeddedClusterBuilder, TxFailure, ValidatorSpec},
};

/// Bytes of an ELF in one `Write`, so that the transaction fits into 1,232 bytes.
const CHUNK: usize = 900;

/// Offset of `e_flags` in the ELF header, which states the sBPF version.
const FLAGS: usize = 48;

/// A wallet that deploys programs to a cluster.
struct Deployer {
    cluster: EmbeddedCluster,
    wallet: Keypair,
}

impl Deployer {
    fn new(builder: EmbeddedClusterBuilder) -> Self {
        let cluster = builder.validator_specs([ValidatorSpec::default()]).start().unwrap();
        let wallet = cluster.funded_keypair(1_000 * SOL);
        Self { cluster, wallet }
    }

    fn send(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), TxFailure> {
        self.cluster.process(instructions, &self.wallet, &[&[&self.wallet], signers].concat()).map(drop)
    }

    /// Uploads an ELF to a new buffer account, as `solana program write-buffer` does.
    fn upload(&self, elf: &[u8]) -> Keypair {
        let (buffer, authority) = (Keypair::new(), self.wallet.pubkey());
        let rent = self.cluster.rent().minimum_balance(UpgradeableLoaderState::size_of_programdata(elf.len()));
        let create = loader::create_buffer(&authority, &buffer.pubkey(), &authority, rent, elf.len()).unwrap();
        self.send(&create, &[&buffer]).unwrap();
        for (index, bytes) in elf.chunks(CHUNK).enumerate() {
            let offset = (index * CHUNK) as u32;
            self.send(&[loader::write(&buffer.pubkey(), &authority, offset, bytes.to_vec())], &[]).unwrap();
        }
        buffer
    }

    /// Deploys an ELF to a new program id, with `room` bytes for later upgrades.
    fn deploy(&self, elf: &[u8], room: usize) -> Result<Address, TxFailure> {
        let (program, authority) = (Keypair::new(), self.wallet.pubkey());
        let buffer = self.upload(elf).pubkey();
        let rent = self.cluster.rent().minimum_balance(UpgradeableLoaderState::size_of_program());
        let length = elf.len() + room;
        let deploy =
            loader::deploy_with_max_program_len(&authority, &program.pubkey(), &buffer, &authority, rent, length);
        self.send(&deploy.unwrap(), &[&program])?;
        // A program can be called from the next slot on.
        self.cluster.advance_blocks(1);
        Ok(program.pubkey())
    }

    fn upgrade(&self, program: &Address, elf: &[u8], authority: &Keypair) -> Result<(), TxFailure> {
        let buffer = self.upload(elf).pubkey();
        let buffer_authority = loader::set_buffer_authority(&buffer, &self.wallet.pubkey(), &authority.pubkey());
        self.send(&[buffer_authority], &[])?;
        let upgrade = loader::upgrade(program, &buffer, &authority.pubkey(), &self.wallet.pubkey());
        self.send(&[upgrade], &[authority])?;
        self.cluster.advance_blocks(1);
        Ok(())
    }

    fn set_authority(&self, program: &Address, from: &Keypair, to: Option<&Address>) -> Result<(), TxFailure> {
        self.send(&[loader::set_upgrade_authority(program, &from.pubkey(), to)], &[from])
    }

    /// Calls the program with an unknown instruction. The error is Tidepool's own, and SPL's: the loader has none like it.
    fn assert_runs(&self, program: &Address) {
        let failure = self.send(&[Instruction::new_with_bytes(*program, &[255], vec![])], &[]).unwrap_err();
        assert_eq!(failure.error, TransactionError::InstructionError(0, InstructionError::BorshIoError));
    }
}

/// A program of the bank, which is sBPF v0 as on mainnet.
fn old_elf() -> Vec<u8> {
    let memo = Address::from_str_const("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
    let accounts = solana_program_binaries::by_id(&memo, &Rent::default()).unwrap();
    let data = accounts.last().unwrap().1.data();
    let start = data.windows(4).position(|bytes| bytes == b"\x7fELF").unwrap();
    let elf = data[start..].to_vec();
    assert_eq!(elf[FLAGS], 0);
    elf
}

#[track_caller]
fn assert_rejected(result: Result<(), TxFailure>) {
    let failure = result.unwrap_err();
    let TransactionError::InstructionError(_, error) = &failure.error else { panic!("{failure}") };
    assert_eq!(*error, InstructionError::InvalidAccountData, "{failure}");
}

/// The gate of SIMD-0500 is active on every cluster of this file unless it says otherwise.
#[test]
fn tidepool_is_deployed_upgraded_and_frozen() {
    let deployer = Deployer::new(EmbeddedCluster::builder());
    assert!(deployer.cluster.bank().feature_set.is_active(&disable_sbpf_v0_v1_v2_deployment::ID));
    let elf = Elf::Tidepool.read().unwrap();
    assert_eq!(elf[FLAGS], 3);
    let program = deployer.deploy(&elf, 10_000).unwrap();
    deployer.assert_runs(&program);

    let council = Keypair::new();
    deployer.set_authority(&program, &deployer.wallet, Some(&council.pubkey())).unwrap();
    assert!(deployer.upgrade(&program, &elf, &deployer.wallet).is_err(), "the authority was given away");
    deployer.upgrade(&program, &elf, &council).unwrap();
    deployer.assert_runs(&program);

    deployer.set_authority(&program, &council, None).unwrap();
    assert!(deployer.upgrade(&program, &elf, &council).is_err(), "a frozen program stays as it is");
    deployer.assert_runs(&program);
}

#[test]
fn an_older_elf_is_neither_deployed_nor_upgraded_to_nor_frozen() {
    let deployer = Deployer::new(EmbeddedCluster::builder());
    let old = old_elf();
    assert_rejected(deployer.deploy(&old, 0).map(drop));

    let program = deployer.deploy(&Elf::Tidepool.read().unwrap(), 0).unwrap();
    assert_rejected(deployer.upgrade(&program, &old, &deployer.wallet));
    deployer.assert_runs(&program);

    // A program that was deployed before the gate was activated.
    let before = deployed_before(&deployer, &old);
    assert_rejected(deployer.set_authority(&before, &deployer.wallet, None));
    deployer.set_authority(&before, &deployer.wallet, Some(&Address::new_unique())).unwrap();
}

/// The control of the test above: the gate is what rejects this ELF.
#[test]
fn an_older_elf_is_deployed_without_the_gate() {
    let builder = EmbeddedCluster::builder().without_feature(disable_sbpf_v0_v1_v2_deployment::ID);
    let deployer = Deployer::new(builder);
    let program = deployer.deploy(&old_elf(), 0).unwrap();
    deployer.upgrade(&program, &old_elf(), &deployer.wallet).unwrap();
    deployer.set_authority(&program, &deployer.wallet, None).unwrap();
}

fn deployed_before(deployer: &Deployer, elf: &[u8]) -> Address {
    let program = Address::new_unique();
    let programdata_address = get_program_data_address(&program);
    let upgrade_authority_address = Some(deployer.wallet.pubkey());
    let account = |state: &UpgradeableLoaderState, elf: &[u8]| Account {
        lamports: SOL * 10,
        data: [&bincode::serialize(state).unwrap(), elf].concat(),
        owner: bpf_loader_upgradeable::ID,
        ..Account::default()
    };
    let data = account(&ProgramData { slot: 0, upgrade_authority_address }, elf);
    deployer.cluster.set_account(&programdata_address, data);
    let executable = Account { executable: true, ..account(&Program { programdata_address }, &[]) };
    deployer.cluster.set_account(&program, executable);
    program
}
