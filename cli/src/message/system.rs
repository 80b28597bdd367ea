//! Instructions of the system program and of the compute budget program.

use {
    super::accounts::Accounts, crate::units::sol, solana_message::v1::TransactionConfig,
    solana_system_interface::instruction::SystemInstruction as System,
};

/// What an instruction of the system program does; nothing where it is not known.
pub fn instruction(data: &[u8], accounts: &Accounts) -> Option<String> {
    let at = |position| accounts.at(position);
    Some(match bincode::deserialize(data).ok()? {
        System::Transfer { lamports } => format!("transfer {} from {} to {}", sol(lamports), at(0), at(1)),
        // What seeds say is quoted: they may hold whatever moves a terminal's cursor.
        System::TransferWithSeed { lamports, from_seed, from_owner } => format!(
            "transfer {} from {} to {}, as {} with the seed {from_seed:?} of program {from_owner}",
            sol(lamports),
            at(0),
            at(2),
            at(1)
        ),
        System::CreateAccount { lamports, space, owner } => format!(
            "create account {} with {} from {} and {space} bytes, for program {owner}",
            at(1),
            sol(lamports),
            at(0)
        ),
        System::CreateAccountWithSeed { base, seed, lamports, space, owner } => format!(
            "create account {} (seed {seed:?} of {base}) with {} from {} and {space} bytes, for program {owner}",
            at(1),
            sol(lamports),
            at(0)
        ),
        System::Assign { owner } => format!("assign account {} to program {owner}", at(0)),
        System::AssignWithSeed { base, seed, owner } => {
            format!("assign account {} (seed {seed:?} of {base}) to program {owner}", at(0))
        }
        System::Allocate { space } => format!("allocate {space} bytes in account {}", at(0)),
        System::AllocateWithSeed { base, seed, space, owner } => {
            format!("allocate {space} bytes in account {} (seed {seed:?} of {base}), for program {owner}", at(0))
        }
        System::AdvanceNonceAccount => format!("advance nonce account {}, as {}", at(0), at(2)),
        System::WithdrawNonceAccount(lamports) => {
            format!("withdraw {} from nonce account {} to {}, as {}", sol(lamports), at(0), at(1), at(4))
        }
        System::InitializeNonceAccount(authority) => {
            format!("initialize nonce account {} with authority {authority}", at(0))
        }
        System::AuthorizeNonceAccount(authority) => {
            format!("authorize {authority} for nonce account {}, as {}", at(0), at(1))
        }
        _ => return None,
    })
}

/// What an instruction of the compute budget program does; nothing where it is not known.
pub fn compute_budget(data: &[u8]) -> Option<String> {
    let (tag, number) = data.split_first()?;
    let small = || number.try_into().ok().map(u32::from_le_bytes);
    let large = || number.try_into().ok().map(u64::from_le_bytes);
    Some(match tag {
        1 => format!("heap size {} bytes", small()?),
        2 => format!("compute unit limit {}", small()?),
        3 => format!("compute unit price {} micro-lamports", large()?),
        4 => format!("loaded accounts data size limit {} bytes", small()?),
        _ => return None,
    })
}

/// The compute budget of a v1 message.
pub fn header_budget(config: &TransactionConfig) -> String {
    let TransactionConfig { priority_fee, compute_unit_limit, loaded_accounts_data_size_limit, heap_size } = config;
    let mut parts = vec![
        format!("compute unit limit {}", compute_unit_limit.unwrap_or(0)),
        format!("priority fee {}", sol(priority_fee.unwrap_or(0))),
        format!("loaded accounts data size limit {} bytes", loaded_accounts_data_size_limit.unwrap_or(0)),
    ];
    parts.extend(heap_size.map(|bytes| format!("heap size {bytes} bytes")));
    parts.join(", ")
}
