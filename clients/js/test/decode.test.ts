import assert from 'node:assert/strict';
import { test } from 'node:test';

import { generated, stakeAddresses } from '../src/index.js';
import { cases } from './vectors.js';

const POOL_LENGTH = 611;

test('accounts of random pools are encoded to the same bytes', async () => {
    let extended = 0;
    for (const { pool, tickets } of await cases()) {
        const { data } = pool.accounts.pool;
        const encoded = generated.getStakePoolEncoder().encode(pool.data);
        assert.deepEqual(Buffer.from(encoded), Buffer.from(data.subarray(0, encoded.length)));
        // Bytes between the last field and the extension are unused.
        assert.ok(data.subarray(encoded.length, POOL_LENGTH).every(byte => byte === 0));
        assert.equal(pool.extension !== null, data.length > POOL_LENGTH);
        if (pool.extension) {
            extended += 1;
            const extension = generated.getPoolExtensionEncoder().encode(pool.extension);
            assert.deepEqual(Buffer.from(extension), Buffer.from(data.subarray(POOL_LENGTH)));
            const whole = generated.getExtendedStakePoolDecoder().decode(data);
            assert.deepEqual(whole.extension, pool.extension);
            assert.equal(whole.totalLamports, pool.data.totalLamports);
        }
        const list = pool.accounts.validatorList.data;
        const records = generated.getValidatorListEncoder().encode({
            maxValidators: pool.maxValidators,
            validators: pool.validators.map(({ record }) => record),
        });
        assert.deepEqual(Buffer.from(records), Buffer.from(list.subarray(0, records.length)));
        for (const { data } of tickets.filter(({ data }) => data[0] === 3)) {
            const ticket = generated.getExitTicketDecoder().decode(data);
            assert.deepEqual(Buffer.from(generated.getExitTicketEncoder().encode(ticket)), Buffer.from(data));
        }
    }
    assert.ok(extended > 100);
});

test('addresses of stake accounts are those of the Rust client', async () => {
    let withBumps = 0;
    for (const { pool, addresses } of await cases()) {
        const found = pool.validators.map(validator => stakeAddresses(pool, validator));
        assert.deepEqual(await Promise.all(found), addresses);
        withBumps += pool.validators.filter(({ record }) => record.extension.validator > 0).length;
    }
    assert.ok(withBumps > 100);
});
