/** Decimals of SOL and of pool tokens. */
const DECIMALS = 9;

const UNIT = 10n ** BigInt(DECIMALS);

/** Basis points of the whole. */
export const WHOLE = 10_000n;

/** A decimal number in smallest units; `null` if it is malformed, 0, or beyond 64 bits. */
export function parseAmount(text: string): bigint | null {
    const [, whole = '', part = ''] = /^([0-9]*)(?:\.([0-9]{0,9}))?$/.exec(text.trim()) ?? [];
    if (whole === '' && part === '') return null;
    const amount = BigInt(whole || '0') * UNIT + BigInt(part.padEnd(DECIMALS, '0') || '0');
    return amount > 0n && amount < 1n << 64n ? amount : null;
}

/** Smallest units as a decimal number, exact: `1.5`. */
export function formatAmount(amount: bigint): string {
    const part = (amount % UNIT).toString().padStart(DECIMALS, '0').replace(/0+$/, '');
    return part ? `${amount / UNIT}.${part}` : `${amount / UNIT}`;
}

export const sol = (lamports: bigint): string => `${formatAmount(lamports)} SOL`;

export const tokens = (amount: bigint): string =>
    `${formatAmount(amount)} pool token${amount === UNIT ? '' : 's'}`;

/** Basis points as percent: `0.1 %`. */
export const percent = (basisPoints: number): string => `${basisPoints / 100} %`;

/** The minimum amount out for a quote, as the server and the command line compute it: rounded down, at least 1. */
export function minimumOut(quoted: bigint, slippage: number): bigint {
    const minimum = (quoted * (WHOLE - BigInt(slippage))) / WHOLE;
    return minimum > 1n ? minimum : 1n;
}
