// Deposits SOL, requests an exit ticket, and reads the yield. Paste it into a wallet, and pass the wallet's signer.
//
// On the cluster of `cargo xtask localnet`: node dist/examples/stake.js
import {
    type Address,
    createKeyPairSignerFromBytes,
    createSolanaRpc,
    createSolanaRpcSubscriptions,
} from '@solana/kit';
import { readFileSync } from 'node:fs';

import {
    StakePoolError,
    fetchFreshPool,
    growthOver,
    planDepositSol,
    planRequestExit,
    sendPlan,
} from '../src/index.js'; // '@tidepool/stake-pool'

const SOL = 1_000_000_000n;

// The addresses and the keypair of `cargo xtask localnet`.
const folder = process.env['LOCALNET_FOLDER'] ?? '../../target/localnet';
const pool = /pool: "?(\w+)/.exec(readFileSync(`${folder}/tidepool.yml`, 'utf8'))![1] as Address;
const secret = JSON.parse(readFileSync(`${folder}/wallet.json`, 'utf8')) as number[];
const wallet = await createKeyPairSignerFromBytes(Uint8Array.from(secret));
const url = /json_rpc_url: "?(http:[^"\s]+)/.exec(readFileSync(`${folder}/config.yml`, 'utf8'))![1]!;
const port = Number(new URL(url).port);

const rpc = createSolanaRpc(url);
const rpcSubscriptions = createSolanaRpcSubscriptions(`ws://127.0.0.1:${port + 1}`);

const connection = { rpc, rpcSubscriptions };
const options = { feePayer: wallet };
/** In a new epoch the pool is updated first: that is permissionless. */
const freshPool = () => fetchFreshPool(connection, pool, options);

const asSol = (lamports: bigint) => `${Number(lamports) / 1e9} SOL`;
const asTokens = (tokens: bigint) => `${Number(tokens) / 1e9} pool tokens`;

const deposit = await planDepositSol(await freshPool(), { from: wallet, lamports: 5n * SOL });
await sendPlan(connection, deposit.plan, options);
console.log(`deposited 5 SOL for ${asTokens(deposit.quote.toDepositor)}`);

const exit = await planRequestExit(await freshPool(), { owner: wallet, poolTokens: 2n * SOL });
await sendPlan(connection, exit.plan, options);
const from = exit.quote.payableFromEpoch ?? 'later';
console.log(`ticket ${exit.id} for ${asSol(exit.quote.lamports)}, payable from epoch ${from}`);

try {
    const { growth, since, until } = growthOver(await freshPool(), 30n); // on mainnet: yieldOver(pool, 30n).annual
    console.log(`the exchange rate grew by ${(growth * 100).toFixed(6)} % from epoch ${since} to ${until}`);
} catch (error) {
    if (!(error instanceof StakePoolError)) throw error;
    console.log(`no yield: ${error.message}`);
}
