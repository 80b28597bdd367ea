/**
 * A wallet for tests, registered by the Wallet Standard before the page's script runs. It has no key: the test signs, by the function
 * `testWalletSign`, and decides what to refuse.
 */
import { getAddressEncoder, type Address } from '@solana/kit';
import type { Wallet, WalletAccount } from '@wallet-standard/base';
import { registerWallet } from '@wallet-standard/wallet';

declare global {
    interface Window {
        /** Set by the test: the address, and how the wallet signs. */
        testWallet: { readonly address: string; readonly sends: boolean };
        /** Signs base64, or rejects; returns a transaction, or with `sends` a signature. */
        testWalletSign(transaction: string): Promise<string>;
    }
}

const CHAIN = 'solana:localnet';

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));

function make(): Wallet {
    const { address, sends } = window.testWallet;
    const feature = sends ? 'solana:signAndSendTransaction' : 'solana:signTransaction';
    const account: WalletAccount = {
        address,
        publicKey: getAddressEncoder().encode(address as Address) as Uint8Array,
        chains: [CHAIN],
        features: [feature],
    };
    const sign = async (input: { readonly transaction: Uint8Array }) => {
        const answer = fromBase64(await window.testWalletSign(toBase64(input.transaction)));
        return [sends ? { signature: answer } : { signedTransaction: answer }];
    };
    let accounts: WalletAccount[] = [];
    return {
        version: '1.0.0',
        name: 'Test Wallet',
        icon: 'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=',
        chains: [CHAIN],
        get accounts() {
            return accounts;
        },
        features: {
            'standard:connect': {
                version: '1.0.0',
                connect: async () => {
                    accounts = [account];
                    return { accounts };
                },
            },
            'standard:events': { version: '1.0.0', on: () => () => undefined },
            [feature]: {
                version: '1.0.0',
                supportedTransactionVersions: ['legacy', 0],
                [sends ? 'signAndSendTransaction' : 'signTransaction']: sign,
            },
        },
    } as Wallet;
}

registerWallet(make());
