//! Token-2022 extensions of mints and fee accounts.

use {
    super::{Case, Expected, Spoiler, pool},
    solana_address::Address,
    tidepool_interface::StakePoolError::*,
};

const INITIALIZE: &[&str] = &["Initialize"];
const MANAGER: &[&str] = &["SetManager"];
/// Fees are left out where the fee account has an extension that could block them.
const FREE: &[&str] = &["WithdrawSol", "WithdrawStake", "UpdateStakePoolBalance"];

const UNSUPPORTED_MINT: Expected = pool(UnsupportedMintExtension);
const UNSUPPORTED_ACCOUNT: Expected = pool(UnsupportedFeeAccountExtension);
use Expected::Success;

/// Where extensions begin, after the account's type.
const TYPE_OFFSET: usize = 165;
const MINT: u8 = 1;
const ACCOUNT: u8 = 2;

/// Appends an empty extension.
fn extend(s: &mut Spoiler, address: Address, account_type: u8, extension: u16) {
    s.edit(address, |account| {
        account.data.resize(TYPE_OFFSET, 0);
        account.data.push(account_type);
        account.data.extend(extension.to_le_bytes());
        account.data.extend([0; 2]);
        account.lamports *= 2;
    });
}

/// Gives the mint an extension, and the reserve nothing that would have to be minted.
fn mint<const TYPE: u16>(s: &mut Spoiler) {
    extend(s, s.mint(), MINT, TYPE);
    s.lamports(s.reserve(), s.rent());
}

/// Gives the account that gets fees an extension.
fn account<const TYPE: u16>(s: &mut Spoiler) {
    let address = if s.ix.data[0] == 11 { s.at(3) } else { s.fee_account() };
    extend(s, address, ACCOUNT, TYPE);
    if s.ix.data[0] == 0 {
        s.lamports(s.reserve(), s.rent());
    }
}

pub const CASES: &[Case] = &[
    ("mint with TransferFeeConfig", INITIALIZE, mint::<1>, Success),
    ("mint with MintCloseAuthority", INITIALIZE, mint::<3>, UNSUPPORTED_MINT),
    ("mint with ConfidentialTransferMint", INITIALIZE, mint::<4>, Success),
    ("mint with DefaultAccountState", INITIALIZE, mint::<6>, Success),
    ("mint with NonTransferable", INITIALIZE, mint::<9>, UNSUPPORTED_MINT),
    ("mint with InterestBearingConfig", INITIALIZE, mint::<10>, Success),
    ("mint with PermanentDelegate", INITIALIZE, mint::<12>, UNSUPPORTED_MINT),
    ("mint with TransferHook", INITIALIZE, mint::<14>, UNSUPPORTED_MINT),
    ("mint with ConfidentialTransferFeeConfig", INITIALIZE, mint::<16>, Success),
    ("mint with MetadataPointer", INITIALIZE, mint::<18>, Success),
    ("mint with TokenMetadata", INITIALIZE, mint::<19>, Success),
    ("mint with GroupPointer", INITIALIZE, mint::<20>, UNSUPPORTED_MINT),
    ("mint with TokenGroup", INITIALIZE, mint::<21>, UNSUPPORTED_MINT),
    ("mint with GroupMemberPointer", INITIALIZE, mint::<22>, UNSUPPORTED_MINT),
    ("mint with TokenGroupMember", INITIALIZE, mint::<23>, UNSUPPORTED_MINT),
    ("mint with ConfidentialMintBurn", INITIALIZE, mint::<24>, UNSUPPORTED_MINT),
    ("mint with ScaledUiAmount", INITIALIZE, mint::<25>, UNSUPPORTED_MINT),
    ("mint with Pausable", INITIALIZE, mint::<26>, UNSUPPORTED_MINT),
    ("mint with PermissionedBurn", INITIALIZE, mint::<28>, UNSUPPORTED_MINT),
    ("fee account with TransferFeeAmount", INITIALIZE, account::<2>, Success),
    ("fee account with ConfidentialTransferAccount", INITIALIZE, account::<5>, UNSUPPORTED_ACCOUNT),
    ("fee account with ImmutableOwner", INITIALIZE, account::<7>, Success),
    ("fee account with MemoTransfer", INITIALIZE, account::<8>, UNSUPPORTED_ACCOUNT),
    ("fee account with CpiGuard", INITIALIZE, account::<11>, Success),
    ("fee account with NonTransferableAccount", INITIALIZE, account::<13>, UNSUPPORTED_ACCOUNT),
    ("fee account with TransferHookAccount", INITIALIZE, account::<15>, UNSUPPORTED_ACCOUNT),
    ("fee account with ConfidentialTransferFeeAmount", INITIALIZE, account::<17>, UNSUPPORTED_ACCOUNT),
    ("fee account with PausableAccount", INITIALIZE, account::<27>, UNSUPPORTED_ACCOUNT),
    ("fee account with ImmutableOwner", MANAGER, account::<7>, Success),
    ("fee account with MemoTransfer", MANAGER, account::<8>, UNSUPPORTED_ACCOUNT),
    ("fee account with CpiGuard", MANAGER, account::<11>, Success),
    ("fee account with MemoTransfer", FREE, account::<8>, Success),
    ("fee account with ConfidentialTransferAccount", FREE, account::<5>, Success),
];

#[test]
fn extensions_of_mints_and_fee_accounts() {
    super::run(CASES);
}
