import { type Decoder, type Encoder } from '@solana/kit';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { generated } from '../src/index.js';

// The random values of `idl/examples/random_values.rs`: all instructions, accounts and events.

interface Line {
    readonly kind: 'instruction' | 'account' | 'recorded' | 'event';
    readonly name: string;
    readonly bytes: string;
    /** The value as Rust prints it. */
    readonly text: string;
}

const path = new URL('../../artifacts/random_values.jsonl', import.meta.url);
const lines = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line);

const EVENT_TAG = 8;

/** Fields whose numbers Rust prints by name. */
const NAMED: Readonly<Record<string, Readonly<Record<number, string>>>> = {
    'setPreferredValidator.validatorType': generated.PreferredValidatorType,
    'setFundingAuthority.fundingType': generated.FundingType,
    'cancelAnnouncement.kind': generated.AnnouncementKind,
    'demoteValidator.ground': generated.DemotionGround,
};

function codecOf({ kind, name }: Line): { decoder: Decoder<object>; encoder: Encoder<object> } {
    const pascal = name[0]!.toUpperCase() + name.slice(1);
    const suffix = kind === 'instruction' ? 'InstructionData' : '';
    const all = generated as unknown as Record<string, () => never>;
    return {
        decoder: all[`get${pascal}${suffix}Decoder`]!(),
        encoder: all[`get${pascal}${suffix}Encoder`]!(),
    };
}

/** The bytes of a value. The encoder of an extended pool does not count the room before the extension: it is put together here. */
function encode(line: Line, value: object): Buffer {
    if (line.name !== 'extendedStakePool') return Buffer.from(codecOf(line).encoder.encode(value));
    const [pool, room] = [value as generated.ExtendedStakePool, Buffer.alloc(611)];
    room.set(generated.getStakePoolEncoder().encode(pool));
    return Buffer.concat([room, generated.getPoolExtensionEncoder().encode(pool.extension) as Uint8Array]);
}

/** A lockup's time is signed for some, and its bits are a number without a sign for others. */
const number = (text: string): string => (/^-\d+$/.test(text) ? String(BigInt.asUintN(64, BigInt(text))) : text);

/** The numbers, addresses, texts and truths of a value, in order. */
function leaves(value: unknown, place: string): string[] {
    if (typeof value === 'object' && value !== null) {
        const entries = value instanceof Uint8Array ? [...value].map((byte, at) => [at, byte]) : Object.entries(value);
        return entries
            .filter(([key]) => key !== '__kind' && key !== '__option')
            .flatMap(([key, inner]) => leaves(inner, `${place}.${key}`));
    }
    const names = NAMED[place];
    return [names ? names[value as number]! : number(String(value))];
}

/** The same of a text that Rust printed. */
function leavesOfText(text: string): string[] {
    const leaf =
        /"(?:[^"\\]|\\.)*"|\b[1-9A-HJ-NP-Za-km-z]{32,44}\b|(?<=: )[A-Z]\w+(?= [,}]|,)|(?<=: )[A-Z]\w+(?= })|\btrue\b|\bfalse\b|-?\b\d+\b/g;
    return [...text.matchAll(leaf)]
        .map(([found]) => (found.startsWith('"') ? (JSON.parse(found) as string) : number(found)))
        .filter(found => found !== 'None');
}

test('instructions, accounts and events are read as Rust reads them, and written to the same bytes', () => {
    const kinds = new Map<string, Set<string>>();
    for (const line of lines) {
        const bytes = new Uint8Array(Buffer.from(line.bytes, 'hex')).subarray(line.kind === 'event' ? EVENT_TAG : 0);
        const value = codecOf(line).decoder.decode(bytes);
        const encoded = encode(line, value);
        assert.deepEqual(encoded, Buffer.from(bytes.subarray(0, encoded.length)), line.name);
        // Behind the end of a recorded account are the rests of longer values.
        assert.ok(line.kind === 'recorded' || bytes.subarray(encoded.length).every(byte => byte === 0));
        const { tag: _, ...fields } = value as { tag?: number };
        assert.deepEqual(leaves(fields, line.name), leavesOfText(line.text), `${line.name}: ${line.text}`);
        kinds.set(line.kind, (kinds.get(line.kind) ?? new Set()).add(line.name));
    }
    assert.equal(kinds.get('instruction')!.size, 39);
    assert.equal(kinds.get('account')!.size, 4);
    assert.equal(kinds.get('event')!.size, 10);
});
