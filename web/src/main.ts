/** The wallet script: it takes over the forms of the page, which work without it. */
import type { Address } from '@solana/kit';
import type { Wallet as StandardWallet } from '@wallet-standard/base';

import { TIDEPOOL_PROGRAM_ADDRESS } from '../../clients/js/src/generated/programs/tidepool.js';
import { parseAmount, sol, tokens } from './amounts.js';
import { type Action, type Ticket, type Wallet, type Wanted, fetchPoolState, fetchWallet } from './api.js';
import { h } from './dom.js';
import { type Facts, readFacts } from './facts.js';
import { Panel, type Surroundings } from './panel.js';
import { prepareTicket, prepareTrade, quoteOnly } from './prepare.js';
import { type Connection, WalletError, connect, disconnect, watchAccounts, watchWallets } from './wallets.js';

/** Milliseconds between two looks at the tickets of a wallet; the server reads the pool as rarely. */
const TICKETS_EVERY = 15_000;

class Page {
    private connection: Connection | null = null;
    private stopWatching = (): void => undefined;
    private found: readonly StandardWallet[] = [];
    private readonly panels = new Map<string, Panel>();
    private readonly ticketList = h('div', {});
    private readonly balances = h('p', { 'data-balances': true });

    constructor(
        private readonly facts: Facts,
        private readonly section: HTMLElement,
        private readonly walletRoot: HTMLElement,
    ) {}

    start(): void {
        const around: Surroundings = {
            chain: this.facts.chain,
            caution:
                this.facts.program === TIDEPOOL_PROGRAM_ADDRESS
                    ? null
                    : `The pool's program is ${this.facts.program}. This page does not know it, and your signature is passed to it: sign only ` +
                      'if you trust it.',
            afterwards: () => this.refresh(),
        };
        for (const root of this.section.querySelectorAll<HTMLElement>('[data-result]')) {
            this.panels.set(root.dataset['result'] ?? '', new Panel(root, around));
        }
        for (const form of this.section.querySelectorAll<HTMLFormElement>('form[data-trade]')) {
            form.addEventListener('submit', event => {
                event.preventDefault();
                this.trade(form);
            });
            form.addEventListener('input', () => this.panel(form.dataset['trade']).clear());
        }
        watchWallets(this.facts.chain, wallets => {
            this.found = wallets;
            if (!this.connection) this.showWallets();
        });
        setInterval(() => {
            if (this.connection && !document.hidden) void this.refresh();
        }, TICKETS_EVERY);
    }

    private panel(name = ''): Panel {
        const panel = this.panels.get(name);
        if (!panel) throw new Error(`the page has no part ${name}`);
        return panel;
    }

    private trade(form: HTMLFormElement): void {
        const fields = new FormData(form);
        const of = (name: string): string => String(fields.get(name) ?? '');
        const wanted: Wanted = {
            action: of('action') as Action,
            amount: of('amount').trim(),
            slippage: Number(of('slippage_basis_points')),
        };
        const { connection } = this;
        const panel = this.panel(form.dataset['trade']);
        void panel.show('Asking for a quote…', async () => {
            if (parseAmount(wanted.amount) === null) throw new WalletError('invalid amount: enter a number such as 1.5');
            if (connection) {
                const prepared = await prepareTrade(this.facts, connection.account.address as Address, wanted);
                return panel.offer(prepared, connection);
            }
            const query = new URLSearchParams({ action: wanted.action, amount: wanted.amount });
            query.set('slippage_basis_points', `${wanted.slippage}`);
            const link = h('a', { href: `/quote?${query}` }, 'get a code for the wallet on your phone');
            const advice = h('p', {}, 'To sign, connect a wallet above and ask again, or ', link, '.');
            return panel.quote(await quoteOnly(this.facts, wanted), advice);
        });
    }

    private showWallets(note: string | null = null): void {
        const buttons = this.found.map(wallet => {
            const icon = wallet.icon.startsWith('data:image/') ? h('img', { src: wallet.icon, alt: '', width: '24', height: '24' }) : null;
            return h('button', { type: 'button', class: 'wallet-button', onclick: () => void this.connect(wallet) }, icon, `Connect ${wallet.name}`);
        });
        const advice =
            buttons.length > 0
                ? 'Connect a wallet to sign on this page. It shows each transaction before it signs.'
                : 'No wallet was found in this browser. Install one and reload this page, or sign on your phone.';
        this.walletRoot.replaceChildren(
            note ? h('p', { class: 'notice', role: 'alert' }, note) : h('p', {}, advice),
            h('p', { class: 'buttons' }, ...buttons),
        );
    }

    private async connect(wallet: StandardWallet): Promise<void> {
        this.walletRoot.replaceChildren(h('p', { class: 'busy' }, `Confirm the connection in ${wallet.name}…`));
        try {
            const connections = await connect(wallet, this.facts.chain);
            this.use(connections, connections[0]!);
        } catch (error) {
            this.showWallets(error instanceof WalletError ? error.message : 'The wallet did not answer: try again.');
        }
    }

    private use(connections: readonly Connection[], connection: Connection): void {
        this.stopWatching();
        this.connection = connection;
        this.stopWatching = watchAccounts(connection, accounts => {
            const usable = accounts.filter(account => account.chains.some(one => one === this.facts.chain));
            const next = usable.map(account => ({ wallet: connection.wallet, account }));
            const same = next.find(one => one.account.address === connection.account.address);
            if (next.length === 0) this.leave();
            else this.use(next, same ?? next[0]!);
        });
        this.clear();
        const select = h(
            'select',
            { id: 'wallet-account' },
            ...connections.map(({ account }) =>
                h('option', { value: account.address, selected: account.address === connection.account.address }, account.address),
            ),
        );
        select.addEventListener('change', () => {
            const chosen = connections.find(({ account }) => account.address === select.value);
            if (chosen) this.use(connections, chosen);
        });
        const leave = (): void => {
            void disconnect(connection);
            this.leave();
        };
        this.balances.replaceChildren('Reading its balances…');
        this.ticketList.replaceChildren();
        this.walletRoot.replaceChildren(
            connections.length > 1
                ? h('p', {}, h('label', { for: 'wallet-account' }, `Account of ${connection.wallet.name}`), select)
                : h('p', {}, `${connection.wallet.name}: `, h('code', {}, connection.account.address)),
            this.balances,
            this.ticketList,
            h('p', { class: 'buttons' }, h('button', { type: 'button', class: 'quiet', onclick: leave }, 'Disconnect')),
        );
        void this.refresh();
    }

    private leave(): void {
        this.stopWatching();
        this.stopWatching = (): void => undefined;
        this.connection = null;
        this.clear();
        this.showWallets();
    }

    private clear(): void {
        for (const panel of this.panels.values()) panel.clear();
    }

    /** Reads the wallet again, and returns its balances in words. */
    private async refresh(): Promise<string> {
        const { connection } = this;
        if (!connection) return '';
        try {
            const { address } = connection.account;
            const [wallet, { epoch }] = await Promise.all([fetchWallet(address), fetchPoolState()]);
            if (this.connection !== connection) return '';
            const held = `${sol(wallet.lamports)} and ${tokens(wallet.poolTokens)}`;
            this.balances.replaceChildren('It has ', h('strong', {}, held), '.');
            this.showTickets(wallet, connection, epoch);
            return `Your wallet has ${held} now.`;
        } catch (error) {
            this.balances.replaceChildren(error instanceof Error ? error.message : '');
            return '';
        }
    }

    private showTickets({ tickets }: Wallet, connection: Connection, epoch: number): void {
        if (tickets === null) {
            this.ticketList.replaceChildren(h('p', {}, 'The pool has too many tickets to list: `tidepool tickets` shows yours.'));
            return;
        }
        const rows = tickets.map(ticket => this.ticket(ticket, connection, epoch));
        const title = h('h3', {}, 'Your exit tickets');
        this.ticketList.replaceChildren(...(rows.length > 0 ? [title, h('ul', { class: 'tickets' }, ...rows)] : []));
    }

    private ticket(ticket: Ticket, connection: Connection, epoch: number): HTMLElement {
        const act = (kind: 'claim-ticket' | 'cancel-ticket') => (): void => {
            const panel = this.panel('ticket');
            void panel.show('Building the transaction…', async () =>
                panel.offer(await prepareTicket(this.facts, connection.account.address as Address, kind, ticket), connection),
            );
        };
        const { claimableLamports: claimable } = ticket;
        const pays = claimable !== null && claimable < ticket.lamports ? ` It pays ${sol(claimable)} now, since the rate has fallen.` : '';
        const state =
            claimable === null
                ? 'It waits for the update of the pool in this epoch.'
                : ticket.isPayable
                  ? 'The reserve can pay it now.'
                  : 'The reserve cannot pay it yet: rebalances fill it, epoch by epoch.';
        const isCancellable = epoch > ticket.requestedInEpoch && claimable !== null;
        return h(
            'li',
            { 'data-ticket': `${ticket.id}` },
            h('p', {}, `Ticket ${ticket.id}: ${sol(ticket.lamports)}, requested in epoch ${ticket.requestedInEpoch}. ${state}${pays}`),
            h(
                'p',
                { class: 'buttons' },
                ticket.isPayable ? h('button', { type: 'button', onclick: act('claim-ticket') }, 'Have it paid') : null,
                isCancellable
                    ? h('button', { type: 'button', class: 'quiet', onclick: act('cancel-ticket') }, 'Cancel it for pool tokens')
                    : null,
            ),
        );
    }
}

async function main(): Promise<void> {
    const section = document.getElementById('trade');
    const walletRoot = section?.querySelector<HTMLElement>('[data-wallet]');
    if (!section || !walletRoot) return;
    if (!window.isSecureContext) {
        walletRoot.replaceChildren(h('p', { class: 'notice' }, 'Wallets work over HTTPS only: open this page with https://.'));
        return;
    }
    new Page(await readFacts(section.dataset), section, walletRoot).start();
}

void main();
