/** A cluster with a pool and its page: a real validator, or for a quick look the embedded cluster. */
import { type Address, type KeyPairSigner, generateKeyPairSigner, getBase64Encoder } from '@solana/kit';
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { type Json, Localnet } from '../../clients/js/e2e/localnet.js';

/** Time for a trade on a busy machine, in milliseconds. */
export const LONG = 60_000;

export interface Network {
    readonly wallet: KeyPairSigner;
    readonly pool: Address;
    /** URL of the page, read every second. */
    readonly url: string;
    /** Runs the Rust command line, and returns its JSON. */
    tidepool(...args: readonly string[]): Promise<Json>;
    lamports(address: Address): Promise<bigint>;
    /** Pool tokens of a token account; 0 if it does not exist. */
    tokens(account: Address): Promise<bigint>;
    /** Sends a signed transaction, base64, without a simulation. */
    send(transaction: string): Promise<void>;
    /** Updates the pool in an epoch that lasts for a trade, and returns the epoch. */
    calm(): Promise<bigint>;
    /** Waits until the epoch after `epoch` has begun. */
    epochAfter(epoch: bigint): Promise<void>;
    stop(): Promise<void>;
}

/** The state of the pool that the page is rendered from. */
export async function until(url: string, is: (pool: Json) => boolean): Promise<void> {
    for (const began = Date.now(); ; ) {
        const pool: Json = await (await fetch(`${url}/api/pool`)).json();
        if (is(pool)) return;
        assert.ok(Date.now() - began < LONG, `the server does not follow the pool: ${JSON.stringify(pool)}`);
        await new Promise(resolve => setTimeout(resolve, 100));
    }
}

async function ended(child: ChildProcess): Promise<void> {
    const exit = new Promise(resolve => child.once('exit', resolve));
    child.kill('SIGTERM');
    await exit;
}

/** Some 40 seconds an epoch. */
const SLOTS_PER_EPOCH = 640;

/** Slots that a trade may take on a busy machine: it begins this long before the end of an epoch. */
const SLOTS_OF_A_TRADE = 250n;

/** `tidepool serve` in front of a real validator. */
class Validator implements Network {
    private constructor(
        private readonly localnet: Localnet,
        private readonly server: ChildProcess,
        readonly url: string,
    ) {}

    static async start(): Promise<Validator> {
        const localnet = await Localnet.start(['--validators', '3', '--slots-per-epoch', `${SLOTS_PER_EPOCH}`]);
        const config = ['--config', path.join(localnet.folder, 'config.yml')];
        const server = spawn(
            process.env['E2E_TIDEPOOL']!,
            [...config, 'serve', localnet.pool, '--listen', '127.0.0.1:0', '--refresh', '1s'],
            { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, TIDEPOOL_CONFIG: path.join(localnet.folder, 'tidepool.yml') } },
        );
        let said = '';
        const url = await new Promise<string>((resolve, reject) => {
            server.stderr.on('data', (data: Buffer) => {
                said += data.toString();
                const found = /at (http:\/\/[0-9.:]+)/.exec(said);
                if (found) resolve(found[1]!);
            });
            server.once('exit', code => reject(new Error(`the server ended (${code}): ${said}`)));
        });
        return new Validator(localnet, server, url);
    }

    get wallet(): KeyPairSigner {
        return this.localnet.wallet;
    }

    get pool(): Address {
        return this.localnet.pool;
    }

    tidepool(...args: readonly string[]): Promise<Json> {
        return this.localnet.tidepool(...args);
    }

    lamports(address: Address): Promise<bigint> {
        return this.localnet.lamports(address);
    }

    tokens(account: Address): Promise<bigint> {
        return this.localnet.tokens(account);
    }

    async send(transaction: string): Promise<void> {
        await this.localnet.rpc.sendTransaction(transaction as never, { encoding: 'base64', skipPreflight: true }).send();
    }

    async calm(): Promise<bigint> {
        for (;;) {
            const { epoch, slotIndex, slotsInEpoch } = await this.localnet.rpc.getEpochInfo({ commitment: 'confirmed' }).send();
            if (slotsInEpoch - slotIndex < SLOTS_OF_A_TRADE) {
                await this.localnet.epochAfter(epoch);
                continue;
            }
            await this.localnet.rewarded();
            await this.tidepool('update', '--yes');
            await until(this.url, pool => pool.epoch >= Number(epoch) && !pool.stale);
            return epoch;
        }
    }

    epochAfter(epoch: bigint): Promise<void> {
        return this.localnet.epochAfter(epoch);
    }

    async stop(): Promise<void> {
        await ended(this.server);
        await this.localnet.stop();
    }
}

/** The example `page` of tidepool-localnet: epochs end on request. */
class Embedded implements Network {
    private readonly answers: AsyncIterator<string>;
    /** The last question: one at a time. */
    private last: Promise<unknown> = Promise.resolve();
    url = '';
    pool = '' as Address;

    private constructor(
        private readonly child: ChildProcess,
        readonly wallet: KeyPairSigner,
    ) {
        this.answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    }

    static async start(binary: string): Promise<Embedded> {
        const child = spawn(binary, ['4'], { stdio: ['pipe', 'pipe', 'inherit'] });
        const started = new Embedded(child, await generateKeyPairSigner());
        const [url = '', pool = ''] = `${(await started.answers.next()).value}`.split(' ');
        [started.url, started.pool] = [url, pool as Address];
        await started.ask('fund', started.wallet.address, '1000');
        return started;
    }

    private ask(...words: readonly string[]): Promise<string> {
        const asked = this.last.then(async () => {
            this.child.stdin!.write(`${words.join(' ')}\n`);
            const answer = `${(await this.answers.next()).value}`;
            assert.ok(!answer.startsWith('error:'), `${words.join(' ')}: ${answer}`);
            return answer;
        });
        this.last = asked.catch(() => undefined);
        return asked;
    }

    async tidepool(command: string, ...args: readonly string[]): Promise<Json> {
        // The command `balance` names a wallet; the others the pool first.
        const words = command === 'balance' ? [...args, '--pool', this.pool] : [this.pool, ...args];
        return JSON.parse(await this.ask(command, ...words.filter(word => word !== '--yes')));
    }

    private async account(address: Address): Promise<{ lamports: number; data: string }> {
        return JSON.parse(await this.ask('account', address));
    }

    async lamports(address: Address): Promise<bigint> {
        return BigInt((await this.account(address)).lamports);
    }

    async tokens(account: Address): Promise<bigint> {
        const data = new Uint8Array(getBase64Encoder().encode((await this.account(account)).data));
        return data.length === 0 ? 0n : new DataView(data.buffer).getBigUint64(64, true);
    }

    async send(transaction: string): Promise<void> {
        await this.ask('send', transaction);
    }

    async calm(): Promise<bigint> {
        const { epoch } = await this.tidepool('show');
        await this.tidepool('update');
        await until(this.url, pool => pool.epoch === epoch && !pool.stale);
        return BigInt(epoch);
    }

    async epochAfter(epoch: bigint): Promise<void> {
        if (BigInt((await this.tidepool('show')).epoch) <= epoch) await this.ask('epoch');
    }

    stop(): Promise<void> {
        return ended(this.child);
    }
}

/** A real validator, unless E2E_PAGE names the example `page`. */
export function start(): Promise<Network> {
    const page = process.env['E2E_PAGE'];
    return page ? Embedded.start(page) : Validator.start();
}
