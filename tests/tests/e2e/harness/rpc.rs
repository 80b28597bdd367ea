//! The validator as the tests see it, beside the client that they test.

use {
    super::wait_for,
    base64::{Engine as _, prelude::BASE64_STANDARD},
    local_validator::rpc::Endpoint,
    serde_json::{Value, json},
    solana_account::Account,
    solana_address::Address,
    solana_hash::Hash,
    solana_instruction::Instruction,
    solana_keypair::Keypair,
    solana_message::Message as TransactionMessage,
    solana_signer::Signer as _,
    solana_transaction::Transaction,
    std::{io, net::SocketAddr},
};

/// A JSON-RPC endpoint, asked about blocks that two thirds of the stake have voted for.
#[derive(Clone, Copy, Debug)]
pub struct Rpc {
    /// Where it listens.
    pub address: SocketAddr,
}

impl Rpc {
    /// Sends a request, and returns the whole answer.
    pub(super) fn exchange(&self, request: &Value) -> io::Result<Value> {
        self.endpoint().exchange(request)
    }

    const fn endpoint(&self) -> Endpoint {
        Endpoint { address: self.address }
    }

    /// Asks for what has to be answered.
    pub fn get(&self, method: &str, params: &Value) -> Value {
        self.endpoint().ask(method, params).unwrap_or_else(|error| panic!("{method} {params}: {error}"))
    }

    /// The slot of the last block.
    pub fn slot(&self) -> u64 {
        self.get("getSlot", &json!([{ "commitment": "confirmed" }])).as_u64().expect("a slot")
    }

    /// The epoch.
    pub fn epoch(&self) -> u64 {
        self.get("getEpochInfo", &json!([{ "commitment": "confirmed" }]))["epoch"].as_u64().expect("an epoch")
    }

    /// Waits for the beginning of an epoch.
    pub fn wait_for_epoch(&self, epoch: u64) {
        wait_for(&format!("epoch {epoch}"), || (self.epoch() >= epoch).then_some(()));
    }

    /// An account, if it exists.
    pub fn account(&self, address: &Address) -> Option<Account> {
        let options = json!({ "encoding": "base64", "commitment": "confirmed" });
        let found = self.get("getAccountInfo", &json!([address.to_string(), options]))["value"].take();
        (!found.is_null()).then(|| Account {
            lamports: found["lamports"].as_u64().expect("lamports"),
            data: BASE64_STANDARD.decode(found["data"][0].as_str().expect("data")).expect("base64"),
            owner: found["owner"].as_str().expect("an owner").parse().expect("an address"),
            executable: found["executable"].as_bool().expect("a flag"),
            rent_epoch: u64::MAX,
        })
    }

    /// An account's lamports; 0 where there is none.
    pub fn lamports(&self, address: &Address) -> u64 {
        self.account(address).map_or(0, |account| account.lamports)
    }

    /// What became of signatures, also of old ones: `None` for one that is in no block, else whether it succeeded.
    pub fn landed(&self, signatures: &[String]) -> Vec<Option<bool>> {
        let options = json!({ "searchTransactionHistory": true });
        let chunks = signatures.chunks(256);
        chunks
            .flat_map(|chunk| {
                let found = self.get("getSignatureStatuses", &json!([chunk, options]))["value"].take();
                found.as_array().expect("statuses").clone()
            })
            .map(|status| {
                (status["confirmationStatus"] != "processed" && !status.is_null()).then(|| status["err"].is_null())
            })
            .collect()
    }

    /// Sends instructions that the first signer pays for, and waits until they have landed.
    pub fn send(&self, instructions: &[Instruction], signers: &[&Keypair]) {
        let signature = [self.submit(instructions, signers, self.blockhash())];
        let succeeded = wait_for("a transaction of the test's own", || self.landed(&signature)[0]);
        assert!(succeeded, "a transaction of the test's own has failed: {}", signature[0]);
    }

    /// Sends instructions one to a transaction, all at once, and waits until all have landed. They may land in any order.
    pub fn send_each(&self, instructions: &[Instruction], signers: &[&Keypair]) {
        let blockhash = self.blockhash();
        let submit = |instruction| self.submit(std::slice::from_ref(instruction), signers, blockhash);
        let signatures: Vec<String> = instructions.iter().map(submit).collect();
        let succeeded = wait_for("transactions of the test's own", || {
            self.landed(&signatures).into_iter().collect::<Option<Vec<bool>>>()
        });
        assert!(succeeded.into_iter().all(|succeeded| succeeded), "a transaction of the test's own has failed");
    }

    fn blockhash(&self) -> Hash {
        let blockhash = self.get("getLatestBlockhash", &json!([{ "commitment": "confirmed" }]));
        blockhash["value"]["blockhash"].as_str().expect("a hash").parse().expect("a hash")
    }

    /// Sends instructions that the first signer pays for, and returns the signature.
    fn submit(&self, instructions: &[Instruction], signers: &[&Keypair], blockhash: Hash) -> String {
        let message = TransactionMessage::new(instructions, Some(&signers[0].pubkey()));
        let transaction = Transaction::new(signers, message, blockhash);
        let bytes = bincode::serialize(&transaction).expect("a transaction can be written");
        let options = json!({ "encoding": "base64", "preflightCommitment": "confirmed" });
        let signature = self.get("sendTransaction", &json!([BASE64_STANDARD.encode(bytes), options]));
        signature.as_str().expect("a signature").to_owned()
    }
}
