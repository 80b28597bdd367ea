import {
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
