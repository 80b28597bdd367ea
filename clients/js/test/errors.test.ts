import { SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM, SolanaError } from '@solana/kit';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { errorOfProgram, errorOfTransaction } from '../src/index.js';

interface IdlError {
    readonly code: number;
    readonly name: string;
    readonly message: string;
}

const idl = new URL('../../../../idl/tidepool.codama.json', import.meta.url);

test('each error of the IDL has a kind, a reason and its message', () => {
    const { errors } = (JSON.parse(readFileSync(idl, 'utf8')) as { program: { errors: IdlError[] } }).program;
    assert.ok(errors.length > 60);
    for (const { code, name, message } of errors) {
        const error = errorOfProgram(code);
        assert.equal(error.code, code);
        assert.equal(error.kind.toLowerCase(), name.toLowerCase());
        assert.equal(`${error.message}.`, message);
        assert.ok(error.reason.length > 0);
    }
});

test('an unknown code is named', () => {
    assert.match(errorOfProgram(999).message, /999/);
});

test('the error of a program is found below those of kit', () => {
    const inner = new SolanaError(SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM, { code: 17, index: 0 });
    const outer = new Error('a transaction failed', { cause: new Error('a simulation failed', { cause: inner }) });
    assert.equal(errorOfTransaction(outer)?.kind, 'StakeListAndPoolOutOfDate');
    assert.equal(errorOfTransaction(new Error('no connection')), undefined);
});
