import { type Address, getAddressEncoder } from '@solana/kit';

/** An account as a cluster returns it. */
export interface RawAccount {
    readonly address: Address;
    readonly owner: Address;
    readonly lamports: bigint;
    readonly data: Uint8Array;
}

/** `undefined`: not read. `null`: it does not exist. */
export type MaybeAccount = RawAccount | null | undefined;

/** The accounts of a snapshot, in the order of `wasm/src/accounts.rs`. */
export interface SnapshotAccounts {
    readonly pool: RawAccount;
    readonly validatorList: RawAccount;
    readonly reserve: RawAccount;
    readonly mint: RawAccount;
    readonly managerFee: MaybeAccount;
    readonly clock: RawAccount;
    readonly rent: RawAccount;
    readonly epochRewards: MaybeAccount;
    readonly stakeHistory: MaybeAccount;
}

/** The accounts that one quote is about. */
export interface Subject {
    readonly validatorStake?: MaybeAccount;
    readonly transientStake?: MaybeAccount;
    readonly subject?: MaybeAccount;
}

const ROW = 4 + 4 + 8 + 32;
const [UNREAD, EXISTS, ABSENT] = [0, 1, 2];

/** The bytes of a snapshot: the minimum delegation, a row for each account, the data of the accounts. */
export function snapshotBytes(accounts: SnapshotAccounts, minimumDelegation: bigint, subject: Subject): Uint8Array {
    const { pool, validatorList, reserve, mint, managerFee, clock, rent, epochRewards, stakeHistory } = accounts;
    const base = [pool, validatorList, reserve, mint, managerFee, clock, rent, epochRewards, stakeHistory];
    const all = [...base, subject.validatorStake, subject.transientStake, subject.subject];
    const length = all.reduce((sum, account) => sum + (account?.data.length ?? 0), 8 + all.length * ROW);
    const bytes = new Uint8Array(length);
    const view = new DataView(bytes.buffer);
    const encoder = getAddressEncoder();
    view.setBigUint64(0, minimumDelegation, true);
    let [row, data] = [8, 8 + all.length * ROW];
    for (const account of all) {
        view.setUint32(row, account === undefined ? UNREAD! : account === null ? ABSENT! : EXISTS!, true);
        if (account) {
            view.setUint32(row + 4, account.data.length, true);
            view.setBigUint64(row + 8, account.lamports, true);
            encoder.write(account.owner, bytes, row + 16);
            bytes.set(account.data, data);
            data += account.data.length;
        }
        row += ROW;
    }
    return bytes;
}
