import type { Sentence } from '../../clients/js/src/generated/sentences.js';
import { formatAmount } from './amounts.js';

/** The sentence of an instruction, with its arguments and accounts. `named` replaces addresses that the holder knows by a name. */
export function describe(
    { text, accounts, units }: Sentence,
    data: Readonly<Record<string, unknown>>,
    addresses: readonly string[],
    named: ReadonlyMap<string, string>,
): string {
    return text.replace(/\$\{(data|accounts)\.(\w+)\}/g, (_, kind: string, name: string) => {
        if (kind === 'accounts') {
            const address = addresses[accounts.indexOf(name)] ?? 'a missing account';
            return named.get(address) ?? address;
        }
        const value = data[name];
        const unit = units[name];
        return unit && typeof value === 'bigint' ? `${formatAmount(value)} ${unit}` : String(value);
    });
}
