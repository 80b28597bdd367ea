/** Wallets of this browser, by the Wallet Standard. */
import type {
    SolanaSignAndSendTransactionFeature,
    SolanaSignTransactionFeature,
    SolanaTransactionVersion,
} from '@solana/wallet-standard-features';
import { getBase58Decoder, getTransactionDecoder } from '@solana/kit';
import { getWallets } from '@wallet-standard/app';
import type { Wallet, WalletAccount } from '@wallet-standard/base';
import type {
    StandardConnectFeature,
    StandardDisconnectFeature,
    StandardEventsFeature,
} from '@wallet-standard/features';

import { sendTransaction } from './api.js';
import { LOCALNET } from './facts.js';

type Features = Partial<
    StandardConnectFeature &
        StandardDisconnectFeature &
        StandardEventsFeature &
        SolanaSignTransactionFeature &
        SolanaSignAndSendTransactionFeature
>;

const SIGN = 'solana:signTransaction';
const SIGN_AND_SEND = 'solana:signAndSendTransaction';

/** An account of a wallet that is connected. */
export interface Connection {
    readonly wallet: Wallet;
    readonly account: WalletAccount;
}

/** The wallet, or the person at it, has refused. */
export class WalletError extends Error {
    override readonly name = 'WalletError';
}

const featuresOf = (wallet: Wallet): Features => wallet.features as Features;

/** Whether a wallet can sign for this page. */
function isUsable(wallet: Wallet, chain: string): boolean {
    const features = featuresOf(wallet);
    const [sign, send] = [features[SIGN], features[SIGN_AND_SEND]];
    const versions: readonly SolanaTransactionVersion[] = [sign, send].flatMap(one => one?.supportedTransactionVersions ?? []);
    return 'standard:connect' in features && versions.includes('legacy') && wallet.chains.some(one => one === chain);
}

/** Calls `show` with the usable wallets, now and whenever they change. */
export function watchWallets(chain: string, show: (wallets: readonly Wallet[]) => void): void {
    const wallets = getWallets();
    const update = (): void => show(wallets.get().filter(wallet => isUsable(wallet, chain)));
    wallets.on('register', update);
    wallets.on('unregister', update);
    update();
}

/** Asks a wallet for its accounts on this cluster. */
export async function connect(wallet: Wallet, chain: string): Promise<readonly Connection[]> {
    const feature = featuresOf(wallet)['standard:connect']!;
    const connected = await feature.connect().catch((error: unknown) => {
        throw new WalletError(`${wallet.name} did not connect (${reason(error)}): unlock it, and connect again`);
    });
    const accounts = connected.accounts.filter(account => account.chains.some(one => one === chain));
    if (accounts.length === 0) {
        throw new WalletError(`${wallet.name} has no account on ${chain}: switch its network, and connect again`);
    }
    return accounts.map(account => ({ wallet, account }));
}

/** Forgets the connection, where the wallet can. */
export async function disconnect({ wallet }: Connection): Promise<void> {
    await featuresOf(wallet)['standard:disconnect']?.disconnect().catch(() => undefined);
}

/** Calls `changed` with the accounts whenever the wallet changes them; returns how to stop. */
export function watchAccounts({ wallet }: Connection, changed: (accounts: readonly WalletAccount[]) => void): () => void {
    const events = featuresOf(wallet)['standard:events'];
    return events?.on('change', ({ accounts }) => accounts && changed(accounts)) ?? ((): void => undefined);
}

/** A transaction that was sent. */
export interface Sent {
    readonly signature: string;
    /** Sends it again; `null` if the wallet sends. */
    readonly again: (() => Promise<unknown>) | null;
}

/**
 * Has a checked transaction signed and sent. On a public cluster the wallet sends it if it can: it may then add a priority fee. What a
 * wallet signs for this page to send has to be the checked message, byte for byte.
 */
export async function signAndSend(
    { wallet, account }: Connection,
    chain: `${string}:${string}`,
    transaction: Uint8Array,
    message: Uint8Array,
): Promise<Sent> {
    const features = featuresOf(wallet);
    const has = (feature: string): boolean =>
        feature in features && account.features.some(one => one === feature);
    const order = chain === LOCALNET ? [SIGN, SIGN_AND_SEND] : [SIGN_AND_SEND, SIGN];
    const chosen = order.find(has);
    if (!chosen) throw new WalletError(`${wallet.name} cannot sign transactions with this account: choose another one`);
    const refused = (error: unknown): never => {
        throw new WalletError(`${wallet.name} has not signed (${reason(error)}). Nothing was sent: sign again, or leave it`);
    };
    if (chosen === SIGN_AND_SEND) {
        const feature = features[SIGN_AND_SEND]!;
        const outputs = await feature.signAndSendTransaction({ account, chain, transaction }).catch(refused);
        const signature = outputs[0]?.signature;
        if (signature?.length !== 64) return refused('no signature');
        return { signature: getBase58Decoder().decode(signature), again: null };
    }
    const outputs = await features[SIGN]!.signTransaction({ account, chain, transaction }).catch(refused);
    const signed = outputs[0]?.signedTransaction;
    if (!signed) return refused('no signature');
    let found;
    try {
        found = getTransactionDecoder().decode(signed);
    } catch {
        return refused('its answer is malformed');
    }
    const isSame = found.messageBytes.length === message.length && found.messageBytes.every((byte, at) => byte === message[at]);
    if (!isSame) {
        throw new WalletError(
            `${wallet.name} has changed the transaction, so it was not sent: turn off such changes in the wallet, or use another one`,
        );
    }
    const signature = found.signatures[account.address as keyof typeof found.signatures];
    if (!signature) return refused('no signature');
    const again = (): Promise<unknown> => sendTransaction(signed);
    await again();
    return { signature: getBase58Decoder().decode(signature), again };
}

function reason(error: unknown): string {
    const text = error instanceof Error ? error.message : typeof error === 'string' ? error : '';
    return text.slice(0, 120) || 'without a reason';
}
