/** Lies of a server: changes of honest answers of `/api/transaction`. */
import {
    type Address,
    getAddressDecoder,
    getBase64Decoder,
    getBase64Encoder,
    getCompiledTransactionMessageDecoder,
    getCompiledTransactionMessageEncoder,
    getTransactionDecoder,
    getTransactionEncoder,
} from '@solana/kit';

import { SYSTEM_PROGRAM } from '../../clients/js/src/addresses.js';

/** The address to which a liar directs what is traded. */
const THIEF = getAddressDecoder().decode(new Uint8Array(32).fill(42));

export interface Answer {
    transaction: string;
    quote: Record<string, string | number | null> | null;
}

interface Message {
    header: { numSignerAccounts: number };
    staticAccounts: Address[];
    instructions: { programAddressIndex: number; accountIndices?: number[]; data?: Uint8Array }[];
}

/** Changes the message of an answer's transaction. */
function rewrite(answer: Answer, change: (message: Message) => void): void {
    const transaction = getTransactionDecoder().decode(getBase64Encoder().encode(answer.transaction));
    const found = structuredClone(getCompiledTransactionMessageDecoder().decode(transaction.messageBytes));
    const message = found as unknown as Message;
    change(message);
    const messageBytes = getCompiledTransactionMessageEncoder().encode(found);
    // As many empty signatures as the message says.
    const signers = message.staticAccounts.slice(0, message.header.numSignerAccounts);
    const signatures = Object.fromEntries(signers.map(signer => [signer, null]));
    const changed = getTransactionEncoder().encode({ ...transaction, messageBytes: messageBytes as never, signatures });
    answer.transaction = getBase64Decoder().decode(changed);
}

/** The instruction of the pool: the one with most accounts. */
const trade = ({ instructions }: Message) =>
    instructions.reduce((most, one) => ((one.accountIndices?.length ?? 0) > (most.accountIndices?.length ?? 0) ? one : most));

const account = (message: Message, place: number, address: Address): void => {
    message.staticAccounts[trade(message).accountIndices![place]!] = address;
};

/** Replaces the amount at an offset of the instruction's data. */
const amount = (message: Message, offset: number, change: (amount: bigint) => bigint): void => {
    const { data } = trade(message);
    const view = new DataView(data!.buffer, data!.byteOffset);
    view.setBigUint64(offset, change(view.getBigUint64(offset, true)), true);
};

/** Replaces the minimum amount out of a deposit. */
export const setMinimum = (answer: Answer, minimum: bigint): void =>
    rewrite(answer, message => amount(message, 9, () => minimum));

/** Lies about a deposit of SOL, by what they do. */
export const LIES: Readonly<Record<string, (answer: Answer) => void>> = {
    'pool tokens go to a thief': answer => rewrite(answer, message => account(message, 4, THIEF)),
    'the fee of a referrer goes to a thief': answer =>
        rewrite(answer, message => {
            const place = message.staticAccounts.push(THIEF) - 1;
            trade(message).accountIndices![6] = place;
        }),
    'another pool': answer => rewrite(answer, message => account(message, 0, THIEF)),
    'another reserve': answer => rewrite(answer, message => account(message, 2, THIEF)),
    'another program': answer =>
        rewrite(answer, message => {
            message.staticAccounts[trade(message).programAddressIndex] = THIEF;
        }),
    'twice the amount': answer => rewrite(answer, message => amount(message, 1, lamports => lamports * 2n)),
    'no minimum amount out': answer => rewrite(answer, message => amount(message, 9, () => 0n)),
    'a transfer beside the deposit': answer =>
        rewrite(answer, message => {
            const place = message.staticAccounts.push(THIEF) - 1;
            const system = message.staticAccounts.indexOf(SYSTEM_PROGRAM);
            const data = Uint8Array.from([2, 0, 0, 0, 0, 202, 154, 59, 0, 0, 0, 0]);
            message.instructions.push({ programAddressIndex: system, accountIndices: [0, place], data });
        }),
    'another signer': answer =>
        rewrite(answer, message => {
            message.header.numSignerAccounts += 1;
        }),
    'another fee payer': answer =>
        rewrite(answer, message => {
            message.staticAccounts[0] = THIEF;
        }),
    'a quote of more than the rate yields': ({ quote }) => {
        quote!['pool_tokens'] = `${BigInt(quote!['pool_tokens']!) * 2n}`;
    },
    'a quote of less than the rate yields': ({ quote }) => {
        quote!['pool_tokens'] = `${BigInt(quote!['pool_tokens']!) / 2n}`;
        quote!['minimum_pool_tokens'] = `${BigInt(quote!['pool_tokens']!) / 2n}`;
    },
    'a minimum below the slippage bound, in quote and transaction': answer => {
        answer.quote!['minimum_pool_tokens'] = '1';
        rewrite(answer, message => amount(message, 9, () => 1n));
    },
    'the quote of another amount': ({ quote }) => {
        quote!['lamports'] = '1';
    },
};
