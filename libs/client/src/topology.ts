import type { Binding, Body, Exchange, putBindings, putExchange, putQueue, Queue, Reply } from '@waybill/contracts';
import { everyItem } from './pages.js';
import { segment } from './transport.js';
import type { Transport } from './transport.js';

export type ExchangeSettings = Body<typeof putExchange>;
export type QueueDefinitionSettings = Body<typeof putQueue>;
export type BindingSettings = Body<typeof putBindings>['bindings'][number];

/** Exchanges, queues and bindings of a namespace, through the control plane. Needs a key with the scope `manage`. */
export class Topology {
  private readonly base: string;

  constructor(private readonly transport: Transport, namespace: string) {
    this.base = `/api/v1/namespaces/${segment(namespace)}`;
  }

  exchanges(): AsyncGenerator<Exchange, void, undefined> {
    return this.list('exchanges');
  }

  queues(): AsyncGenerator<Queue, void, undefined> {
    return this.list('queues');
  }

  bindings(of: { readonly exchange?: string; readonly queue?: string } = {}): AsyncGenerator<Binding, void, undefined> {
    return this.list('bindings', of);
  }

  exchange(name: string): Promise<Exchange> {
    return this.transport.get(`${this.base}/exchanges/${segment(name)}`);
  }

  queue(name: string): Promise<Queue> {
    return this.transport.get(`${this.base}/queues/${segment(name)}`);
  }

  /** Creates it or gives it these settings; those left out get their defaults. In force when answered, as all changes are. */
  putExchange(name: string, settings: ExchangeSettings): Promise<Exchange> {
    return this.transport.send('PUT', `${this.base}/exchanges/${segment(name)}`, settings, { repeat: 'always' });
  }

  putQueue(name: string, settings: QueueDefinitionSettings = {}): Promise<Queue> {
    return this.transport.send('PUT', `${this.base}/queues/${segment(name)}`, settings, { repeat: 'always' });
  }

  /** Up to 1,000 bindings that leave one exchange, all or none; those that exist stay as they are. */
  async putBindings(exchange: string, bindings: readonly BindingSettings[]): Promise<Reply<typeof putBindings>['items']> {
    const { items } = await this.transport.send<Reply<typeof putBindings>>('PUT', `${this.base}/exchanges/${segment(exchange)}/bindings`, { bindings }, { repeat: 'always' });
    return items;
  }

  /** With every binding from or to it. */
  deleteExchange(name: string): Promise<void> {
    return this.drop(`exchanges/${segment(name)}`);
  }

  /** With its messages and every binding to it. */
  deleteQueue(name: string): Promise<void> {
    return this.drop(`queues/${segment(name)}`);
  }

  deleteBinding(id: string): Promise<void> {
    return this.drop(`bindings/${segment(id)}`);
  }

  private list<T>(what: string, query: Record<string, string | undefined> = {}): AsyncGenerator<T, void, undefined> {
    return everyItem((after) => this.transport.get(`${this.base}/${what}`, { ...query, limit: 1000, after }));
  }

  private drop(what: string): Promise<void> {
    return this.transport.json({ method: 'DELETE', path: `${this.base}/${what}`, repeat: 'if-not-done' });
  }
}
