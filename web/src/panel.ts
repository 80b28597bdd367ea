/** The part of the page below a form: quote, sentences, the button that opens the wallet, and what became of it. */
import { sol } from './amounts.js';
import type { Quote } from './api.js';
import { facts, h } from './dom.js';
import { follow } from './follow.js';
import { type Prepared, refresh } from './prepare.js';
import { TITLES, rowsOf } from './texts.js';
import { type Connection, WalletError, signAndSend } from './wallets.js';

/** What a panel needs from the page around it. */
export interface Surroundings {
    readonly chain: `solana:${string}`;
    /** A notice about the program, if this script does not know it. */
    readonly caution: string | null;
    /** Reads the wallet again, and returns its balances in words. */
    readonly afterwards: () => Promise<string>;
}

export class Panel {
    /** Number of the last run: the end of an earlier one is not shown. */
    private run = 0;
    /** While the wallet is open or a transaction is followed, nothing else is shown here. */
    private isSigning = false;

    constructor(
        private readonly root: HTMLElement,
        private readonly around: Surroundings,
    ) {}

    /** Runs work that ends in content, with a line while it lasts, and its error as an alert. */
    async show(busy: string, work: () => Promise<HTMLElement>): Promise<void> {
        if (this.isSigning) return;
        const run = (this.run += 1);
        this.root.replaceChildren(h('p', { class: 'busy' }, busy));
        this.root.ariaBusy = 'true';
        const content = await work().catch((error: unknown) => failure(error));
        if (run !== this.run) return;
        this.root.ariaBusy = 'false';
        this.root.replaceChildren(content);
    }

    /** Empties the panel. */
    clear(): void {
        if (this.isSigning) return;
        this.run += 1;
        this.root.ariaBusy = 'false';
        this.root.replaceChildren();
    }

    /** A quote that cannot be signed here yet. */
    quote(quote: Quote, advice: HTMLElement): HTMLElement {
        return h('div', { class: 'quote' }, h('h3', {}, TITLES[quote.action]), facts(rowsOf(quote)), EXACT(), advice);
    }

    /** A transaction, with the button that opens the wallet. */
    offer(prepared: Prepared, connection: Connection, note: Error | null = null): HTMLElement {
        const { quote, checked } = prepared;
        const { name } = connection.wallet;
        const sign = (): void => void this.sign(prepared, connection);
        return h(
            'div',
            { class: 'quote' },
            note ? failure(note) : null,
            quote ? h('h3', {}, TITLES[quote.action]) : null,
            quote ? facts([...rowsOf(quote), ['Transaction fee', sol(checked.fee)]]) : null,
            quote ? EXACT() : null,
            h('h3', {}, 'What you sign'),
            h('ul', {}, ...checked.sentences.map(sentence => h('li', {}, sentence))),
            h(
                'p',
                { class: 'small' },
                `${quote ? '' : `Transaction fee: ${sol(checked.fee)}. `}The transaction was simulated, and this page has checked that it does ` +
                    'this and nothing else. Compare it with what your wallet shows.',
            ),
            this.around.caution ? h('p', { class: 'notice' }, this.around.caution) : null,
            h('button', { type: 'button', onclick: sign, 'data-sign': true }, `Sign with ${name}`),
        );
    }

    private sign(prepared: Prepared, connection: Connection): Promise<void> {
        if (this.isSigning) return Promise.resolve();
        const { name } = connection.wallet;
        const shown = this.show('Asking for the latest state of the pool…', async () => {
            const refreshed = await refresh(prepared);
            if (refreshed.kind === 'changed') return this.offer(refreshed.prepared, connection, refreshed.why);
            const { built, checked } = refreshed.prepared;
            this.say(`Confirm in ${name}. Nothing is sent before.`);
            let sent;
            try {
                sent = await signAndSend(connection, this.around.chain, built.transaction, checked.message);
            } catch (error) {
                // It can be signed again.
                if (error instanceof WalletError) return this.offer(refreshed.prepared, connection, error);
                throw error;
            }
            this.say('Sent. Waiting for the cluster to confirm it…');
            const outcome = await follow(sent, built.lastValidBlockHeight, () => this.say('Seen by the cluster, not confirmed yet…'));
            const signature = h('p', { class: 'small' }, 'Signature ', h('code', {}, sent.signature));
            const result = (kind: string, text: string, ...more: HTMLElement[]): HTMLElement =>
                h('div', { class: 'result', 'data-outcome': kind }, h('p', { class: kind === 'confirmed' ? 'done' : 'notice', role: 'alert' }, text), ...more, signature);
            switch (outcome.kind) {
                case 'confirmed': {
                    const balances = await this.around.afterwards();
                    const stakes = checked.stakeAccounts.map(account => h('li', {}, h('code', {}, account)));
                    const stake = stakes.length > 0 ? [h('p', {}, STAKE), h('ul', {}, ...stakes)] : [];
                    return result('confirmed', `Confirmed. ${balances}`, ...stake);
                }
                case 'failed':
                    return result('failed', `The transaction failed, and only its fee was paid. ${sentence(outcome.message)}`);
                case 'expired':
                    return result('expired', 'The transaction was not included in time and has expired. Nothing was traded: ask for a new quote.');
                case 'unknown':
                    return result('unknown', 'The outcome is unknown. Look the signature up in your wallet or in an explorer before you try again.');
            }
        });
        this.isSigning = true;
        return shown.finally(() => {
            this.isSigning = false;
        });
    }

    /** A line while work lasts. */
    private say(text: string): void {
        this.root.replaceChildren(h('p', { class: 'busy' }, text));
    }
}

const STAKE =
    'The stake is in your wallet, under the addresses below. To get SOL, deactivate it in your wallet, wait for the end of the epoch, ' +
    'and withdraw it:';

const EXACT = (): HTMLElement =>
    h('p', { class: 'small' }, 'Exact while the pool does not change. Below the minimum the transaction fails, and nothing is traded.');

/** A text as a sentence: from a capital letter to a full stop. */
const sentence = (text: string): string =>
    `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;

/** An error as an alert. Only errors of this script have a message for people. */
function failure(error: unknown): HTMLElement {
    const isKnown = error instanceof Error && ['ServerError', 'WalletError', 'Rejected', 'QuoteChanged'].includes(error.name);
    if (!isKnown) console.error(error);
    const text = isKnown ? error.message : 'Something went wrong in this page: reload it, and try again';
    const kind = isKnown ? error.name : 'Error';
    return h('p', { class: 'notice', role: 'alert', 'data-error': kind }, sentence(text));
}
