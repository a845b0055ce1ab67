import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import { HttpClient } from '../launch/http.mjs';
import { Difference, equal, until } from './walk.mjs';

const perCall = 250;
/** More than the free queues and exchanges of the price list (20 and 10 for a month), so that a month costs something. */
const stores = { queues: 40, exchanges: 19 };
/** What the receipt of a publish calls it. */
const dimensionOf = { messages: 'mq_messages', kibIn: 'mq_kib_in', exchangePasses: 'mq_exchange_passes', queuePasses: 'mq_queue_passes' };
const unitsOf = () => ({ mq_messages: 0n, mq_kib_in: 0n, mq_exchange_passes: 0n, mq_queue_passes: 0n, mq_kib_out: 0n, mq_push_attempts: 0n });

/**
 * A tenant that sells things: orders go through a topic exchange into two queues, of which a person's program empties one and a
 * webhook the other. It counts for itself what it did, to compare it with what it is billed.
 */
export class Shop {
  /** Units of the running month, as the shop saw them. */
  counted = unitsOf();
  #hook = { calls: 0, server: createServer((request, reply) => request.resume().on('end', () => ((this.#hook.calls += 1), reply.end('ok')))) };
  #gateway;

  /** @param {string} consoleUrl @param {string} gatewayUrl */
  constructor(consoleUrl, gatewayUrl) {
    this.api = new HttpClient(consoleUrl);
    this.gatewayUrl = gatewayUrl;
  }

  async open() {
    const account = await this.api.call('POST', '/api/v1/sign-up', { json: { email: `shop-${randomBytes(5).toString('hex')}@waybill.localhost`, password: randomBytes(18).toString('base64url'), tenantName: 'Corner Shop' } });
    this.tenantId = account.tenants[0].id;
    this.namespaceId = account.tenants[0].namespaces[0].id;
    const base = `/api/v1/namespaces/${this.namespaceId}`;
    const numbered = (name, count) => Array.from({ length: count }, (_, i) => `${name}-${String(i + 1).padStart(2, '0')}`);
    for (const queue of ['orders', 'parcels', ...numbered('store', stores.queues)]) await this.api.call('PUT', `${base}/queues/${queue}`, { json: {} });
    for (const exchange of ['shop', ...numbered('region', stores.exchanges)]) await this.api.call('PUT', `${base}/exchanges/${exchange}`, { json: { kind: 'topic' } });
    const bindings = ['orders', 'parcels'].map((queue) => ({ destination: { queue }, pattern: 'order.#' }));
    await this.api.call('PUT', `${base}/exchanges/shop/bindings`, { json: { bindings } });
    await new Promise((resolve) => this.#hook.server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (this.#hook.server.address());
    await this.api.call('PUT', `${base}/subscriptions/parcels`, { json: { queue: 'parcels', kind: 'webhook', settings: { url: `http://127.0.0.1:${port}/` }, delivery: { concurrency: 16 } } });
    const { secret } = await this.api.call('POST', `${base}/keys`, { json: { name: 'shop', scopes: ['publish', 'consume'] } });
    this.#gateway = new HttpClient(this.gatewayUrl, { key: secret });
    return { queues: 2 + stores.queues, exchanges: 1 + stores.exchanges };
  }

  /** Publishes, consumes, and waits until every parcel was pushed. @param {number} orders */
  async sell(orders) {
    const before = this.#hook.calls;
    const headers = { 'content-type': 'application/vnd.waybill.batch+json' };
    for (let sold = 0; sold < orders; ) {
      const messages = Array.from({ length: Math.min(perCall, orders - sold) }, (_, i) => ({ body: `order ${sold + i}`, key: 'order.created', contentType: 'text/plain' }));
      const { messages: receipts } = await this.#gateway.call('POST', '/v1/exchanges/shop/messages', { text: JSON.stringify({ messages }), headers });
      for (const { units } of receipts) this.#count(units);
      sold += messages.length;
    }
    for (let done = 0; done < orders; ) {
      const { messages } = await this.#gateway.call('POST', '/v1/queues/orders/receive', { json: { max: 100, waitSeconds: 5 } });
      if (messages.length === 0) throw new Difference(`${orders - done} orders did not arrive`);
      await this.#gateway.call('POST', '/v1/queues/orders/settle', { json: { accept: messages.map(({ receipt }) => receipt) } });
      done += messages.length;
    }
    this.counted.mq_kib_out += BigInt(orders);
    await until(`${orders} parcels are pushed`, async () => {
      const { ready, leased, delayed } = await this.#gateway.call('GET', '/v1/queues/parcels');
      return ready + leased + delayed === 0;
    });
    this.counted.mq_push_attempts += BigInt(this.#hook.calls - before);
    equal('calls of the webhook', this.#hook.calls - before, orders);
  }

  /** @param {Record<string, number>} units */
  #count(units) {
    for (const [unit, quantity] of Object.entries(units)) this.counted[dimensionOf[unit]] += BigInt(quantity);
  }

  /** What was counted for the month that ends; the next one starts at 0. */
  endMonth() {
    const { counted } = this;
    this.counted = unitsOf();
    return counted;
  }

  /** @param {string} period */
  async invoiceOf(period) {
    const { items } = await this.api.call('GET', '/api/v1/billing/invoices?limit=50');
    const found = items.find((invoice) => invoice.period === period);
    return found && this.api.call('GET', `/api/v1/billing/invoices/${found.id}`);
  }

  /** Where the payment provider takes the card. */
  async checkout() {
    return new URL((await this.api.call('POST', '/api/v1/billing/checkout')).url).pathname.split('/').at(-1);
  }

  close() {
    this.#hook.server.closeAllConnections();
    this.#hook.server.close();
  }
}
