import {
    type Address,
    type GetEpochInfoApi,
    type GetLatestBlockhashApi,
    type GetSignatureStatusesApi,
    type Rpc,
    type RpcSubscriptions,
    type SendTransactionApi,
    type Signature,
    type SignatureNotificationsApi,
    type SlotNotificationsApi,
    assertIsTransactionWithBlockhashLifetime,
    assertIsSendableTransaction,
    getSignatureFromTransaction,
    sendAndConfirmTransactionFactory,
    setTransactionMessageLifetimeUsingBlockhash,
    signTransactionMessageWithSigners,
} from '@solana/kit';

import { planUpdate } from './plans/update.js';
import { type Pool, type PoolRpc, fetchPool, fetchStakes } from './pool.js';
import { condition } from './quotes.js';
import { type PackOptions, type Plan, packPlan } from './transactions.js';

/** A connection to a cluster. */
export interface Connection {
    readonly rpc: Rpc<GetEpochInfoApi & GetLatestBlockhashApi & GetSignatureStatusesApi & SendTransactionApi>;
    readonly rpcSubscriptions: RpcSubscriptions<SignatureNotificationsApi & SlotNotificationsApi>;
}

/**
 * Packs, signs, sends and confirms a plan, stage by stage. Returns the signatures. A transaction is signed once: if its outcome is
 * unknown, it expires with its blockhash. It throws the error of the first transaction that fails.
 */
export async function sendPlan(connection: Connection, plan: Plan, options: PackOptions): Promise<Signature[]> {
    const sendAndConfirm = sendAndConfirmTransactionFactory(connection);
    const signatures: Signature[] = [];
    for (const stage of packPlan(plan, options)) {
        const { value: blockhash } = await connection.rpc.getLatestBlockhash({ commitment: 'confirmed' }).send();
        const sent = stage.map(async ({ message }) => {
            const living = setTransactionMessageLifetimeUsingBlockhash(blockhash, message);
            const transaction = await signTransactionMessageWithSigners(living);
            assertIsSendableTransaction(transaction);
            assertIsTransactionWithBlockhashLifetime(transaction);
            await sendAndConfirm(transaction, { commitment: 'confirmed' });
            return getSignatureFromTransaction(transaction);
        });
        signatures.push(...(await Promise.all(sent)));
    }
    return signatures;
}

/** Time between reads while rewards are distributed, in milliseconds: two slots. */
const PAUSE = 800;

/**
 * Reads a pool with its stake accounts, and updates it first in a new epoch. That is permissionless: it takes a fee payer only. At the
 * beginning of an epoch it waits until the rewards of the last one are distributed.
 */
export async function fetchFreshPool(
    connection: Connection & { readonly rpc: PoolRpc },
    address: Address,
    options: PackOptions,
): Promise<Pool> {
    for (;;) {
        const pool = await fetchStakes(connection.rpc, await fetchPool(connection.rpc, address), 'all');
        if (condition(pool).rewardsAreBeingPaid) {
            await new Promise(resolve => setTimeout(resolve, PAUSE));
            continue;
        }
        const plan = await planUpdate(pool, options);
        if (plan.length === 0) return pool;
        await sendPlan(connection, plan, options);
    }
}
