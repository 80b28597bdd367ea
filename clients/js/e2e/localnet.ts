import {
    type Address,
    type KeyPairSigner,
    address,
    createKeyPairSignerFromBytes,
    createSolanaRpc,
    createSolanaRpcSubscriptions,
    getBase64Encoder,
} from '@solana/kit';
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const EPOCH_REWARDS = address('SysvarEpochRewards1111111111111111111111111');

/** Ports of a validator, in a row. */
const PORTS = 40;

function fromEnvironment(name: string): string {
    const value = process.env[name];
    assert.ok(value, `${name} is not set: run \`cargo xtask js --e2e\``);
    return value;
}

function isFree(port: number): Promise<boolean> {
    return new Promise(resolve => {
        const server = createServer();
        server.once('error', () => resolve(false));
        server.listen(port, () => server.close(() => resolve(true)));
    });
}

async function freePorts(): Promise<number> {
    for (let first = 20_000 + Math.floor(Math.random() * 20_000); ; first += PORTS) {
        const ports = Array.from({ length: PORTS }, (_, at) => first + at);
        if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first;
    }
}

const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 200));

/** The JSON of the Rust command line. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;

/** A real validator with a pool, as `cargo xtask localnet` starts it, without its crank. */
export class Localnet {
    readonly rpc;
    readonly rpcSubscriptions;

    private constructor(
        readonly process: ChildProcess,
        readonly folder: string,
        readonly port: number,
        readonly wallet: KeyPairSigner,
    ) {
        this.rpc = createSolanaRpc(`http://127.0.0.1:${port}`);
        this.rpcSubscriptions = createSolanaRpcSubscriptions(`ws://127.0.0.1:${port + 1}`);
    }

    static async start(options: readonly string[]): Promise<Localnet> {
        const folder = mkdtempSync(path.join(tmpdir(), 'tidepool-js-e2e-'));
        const port = await freePorts();
        const child = spawn(
            fromEnvironment('E2E_LOCALNET'),
            [
                ...['--rpc-port', `${port}`, '--folder', folder, '--no-crank'],
                ...['--validator', fromEnvironment('E2E_VALIDATOR')],
                ...['--tidepool', fromEnvironment('E2E_TIDEPOOL'), '--program', fromEnvironment('E2E_PROGRAM')],
                ...options,
            ],
            { stdio: ['ignore', 'pipe', 'inherit'] },
        );
        let screen = '';
        await new Promise<void>((resolve, reject) => {
            child.stdout.on('data', (data: Buffer) => {
                screen += data.toString();
                if (screen.includes('export TIDEPOOL_CONFIG=')) resolve();
            });
            child.once('exit', code => reject(new Error(`the local network ended (${code}): ${screen}`)));
        });
        const secret = JSON.parse(readFileSync(path.join(folder, 'wallet.json'), 'utf8')) as number[];
        return new Localnet(child, folder, port, await createKeyPairSignerFromBytes(Uint8Array.from(secret)));
    }

    /** Stops the validator, and removes its files. */
    async stop(): Promise<void> {
        const ended = new Promise(resolve => this.process.once('exit', resolve));
        this.process.kill('SIGTERM');
        await ended;
        rmSync(this.folder, { recursive: true });
    }

    get connection() {
        return { rpc: this.rpc, rpcSubscriptions: this.rpcSubscriptions };
    }

    /** The pool of the local network. */
    get pool(): Address {
        const [, pool] = /pool: "?(\w+)/.exec(readFileSync(path.join(this.folder, 'tidepool.yml'), 'utf8'))!;
        return pool as Address;
    }

    /** Runs the Rust command line, and returns its JSON. */
    tidepool(...args: readonly string[]): Promise<Json> {
        const global = ['--config', path.join(this.folder, 'config.yml'), '--output', 'json'];
        const env = { ...process.env, TIDEPOOL_CONFIG: path.join(this.folder, 'tidepool.yml') };
        return new Promise((resolve, reject) => {
            execFile(
                fromEnvironment('E2E_TIDEPOOL'),
                [...global, ...args],
                { env, maxBuffer: 1 << 28 },
                (error, stdout, stderr) => (error ? reject(new Error(`${args}: ${stderr}`)) : resolve(JSON.parse(stdout))),
            );
        });
    }

    async lamports(address: Address): Promise<bigint> {
        return (await this.rpc.getBalance(address, { commitment: 'confirmed' }).send()).value;
    }

    /** Pool tokens of a token account; 0 if it does not exist. */
    async tokens(account: Address): Promise<bigint> {
        const options = { encoding: 'base64', commitment: 'confirmed' } as const;
        const { value } = await this.rpc.getAccountInfo(account, options).send();
        if (!value) return 0n;
        const data = new Uint8Array(getBase64Encoder().encode(value.data[0]));
        return new DataView(data.buffer).getBigUint64(64, true);
    }

    async epoch(): Promise<bigint> {
        return (await this.rpc.getEpochInfo({ commitment: 'confirmed' }).send()).epoch;
    }

    /** Waits until an epoch after `epoch`, whose rewards are distributed. */
    async epochAfter(epoch: bigint): Promise<void> {
        while ((await this.epoch()) <= epoch) await pause();
        await this.rewarded();
    }

    /** Waits until no rewards are being distributed: meanwhile a pool cannot be updated. */
    async rewarded(): Promise<void> {
        const options = { encoding: 'jsonParsed', commitment: 'confirmed' } as const;
        for (;;) {
            const { value } = await this.rpc.getAccountInfo(EPOCH_REWARDS, options).send();
            const { active } = (value!.data as Json).parsed.info;
            assert.equal(typeof active, 'boolean');
            if (!active) return;
            await pause();
        }
    }
}
