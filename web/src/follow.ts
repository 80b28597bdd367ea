/** Follows a sent transaction until it is confirmed, has failed or has expired. */
import { fetchStatus, type Status } from './api.js';
import type { Sent } from './wallets.js';

/** Milliseconds between two looks; at every second one the transaction is sent again. */
const EVERY = 2_000;

/** Longest time in milliseconds without an answer. A transaction expires after some 60 seconds. */
const LONGEST = 180_000;

export type Outcome =
    | { readonly kind: 'confirmed' }
    | { readonly kind: 'failed'; readonly message: string }
    | { readonly kind: 'expired' }
    /** It may have landed, or may still land. */
    | { readonly kind: 'unknown' };

const wait = (milliseconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds));

/** Follows a transaction. `seen` is called when the cluster has it, before it is confirmed. */
export async function follow(sent: Sent, lastValidBlockHeight: bigint, seen: () => void): Promise<Outcome> {
    const began = Date.now();
    for (let look = 1; Date.now() - began < LONGEST; look += 1) {
        const status: Status | null = await fetchStatus(sent.signature, lastValidBlockHeight).catch(() => null);
        if (status?.error) return { kind: 'failed', message: status.message ?? status.error };
        if (status?.confirmation === 'confirmed' || status?.confirmation === 'finalized') return { kind: 'confirmed' };
        if (status?.confirmation) seen();
        else if (status?.isExpired) return { kind: 'expired' };
        if (sent.again && look % 2 === 0 && !status?.confirmation) await sent.again().catch(() => undefined);
        await wait(EVERY);
    }
    return { kind: 'unknown' };
}
