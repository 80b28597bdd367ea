import {
    type Address,
    address,
    getAddressDecoder,
    getAddressEncoder,
    getProgramDerivedAddress,
    getU32Encoder,
    getU64Encoder,
} from '@solana/kit';

import { type ValidatorStakeInfo, findTransientStakePda, findValidatorStakePda } from './generated/index.js';

export const SYSTEM_PROGRAM = address('11111111111111111111111111111111');
export const STAKE_PROGRAM = address('Stake11111111111111111111111111111111111111');
export const TOKEN_PROGRAM = address('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
export const TOKEN_2022_PROGRAM = address('TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb');
export const ASSOCIATED_TOKEN_PROGRAM = address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL');
export const CLOCK_SYSVAR = address('SysvarC1ock11111111111111111111111111111111');

/** Addresses of a validator's two stake accounts. */
export interface StakeAddresses {
    readonly validator: Address;
    /** By the seed of the record. It exists only with activating or deactivating stake. */
    readonly transient: Address;
}

/** Set in every bump that a record holds; cleared in that of deactivating stake. */
const HIGHEST_BIT = 0x80;

/** The stake accounts of a record. With a bump in the record, an address takes one hash; a search takes several. */
export async function findStakeAddresses(
    program: Address,
    pool: Address,
    record: ValidatorStakeInfo,
    hasBumps: boolean,
): Promise<StakeAddresses> {
    const { voteAccountAddress: vote, validatorSeedSuffix, transientSeedSuffix, extension } = record;
    const suffix = validatorSeed(validatorSeedSuffix);
    const [validatorBump, transientBump] = hasBumps ? [extension.validator, extension.transient] : [0, 0];
    const encode = getAddressEncoder().encode;
    const [validator, transient] = await Promise.all([
        validatorBump
            ? derive([encode(vote), encode(pool), suffix], validatorBump, program)
            : findValidatorStakePda({ vote, pool, seedSuffix: suffix }, { programAddress: program }).then(first),
        transientBump
            ? derive(
                  [TRANSIENT, encode(vote), encode(pool), getU64Encoder().encode(transientSeedSuffix)],
                  transientBump | HIGHEST_BIT,
                  program,
              )
            : findTransientStake(program, pool, vote, transientSeedSuffix),
    ]);
    return { validator, transient };
}

/** The transient stake account of a validator under a seed. */
export async function findTransientStake(program: Address, pool: Address, vote: Address, seed: bigint): Promise<Address> {
    return first(
        await findTransientStakePda({ vote, pool, transientStakeSeed: seed }, { programAddress: program }),
    );
}

/** The associated token account of a wallet. */
export async function findTokenAccount(wallet: Address, mint: Address, tokenProgram: Address): Promise<Address> {
    const seeds = [wallet, tokenProgram, mint].map(part => getAddressEncoder().encode(part));
    return first(await getProgramDerivedAddress({ programAddress: ASSOCIATED_TOKEN_PROGRAM, seeds }));
}

const TRANSIENT = new TextEncoder().encode('transient');
const MARKER = new TextEncoder().encode('ProgramDerivedAddress');

/** Seed suffix 0 is no seed. */
function validatorSeed(suffix: number): Uint8Array {
    return suffix === 0 ? new Uint8Array() : new Uint8Array(getU32Encoder().encode(suffix));
}

const first = ([found]: readonly [Address, ...unknown[]]): Address => found;

async function derive(
    seeds: readonly ArrayLike<number>[],
    bump: number,
    program: Address,
): Promise<Address> {
    const parts = [...seeds, [bump], getAddressEncoder().encode(program), MARKER];
    const bytes = Uint8Array.from(parts.flatMap(part => Array.from(part)));
    return getAddressDecoder().decode(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}
