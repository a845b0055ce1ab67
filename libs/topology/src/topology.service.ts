import { defaultExchange } from '@waybill/broker';
import type { Caller, NamespaceId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import { bindingRule } from './binding-rule.js';
import type { BindingStore } from './binding.store.js';
import type {
  Binding, BindingInput, BindingQuery, Exchange, ExchangeInput, IdleDeleting, Page, PageQuery, PutBinding, Queue, QueueInput, ResourceName,
} from './definitions.js';
import { completeExchangeSettings } from './exchange-settings.js';
import type { ExchangeStore } from './exchange.store.js';
import { canBeBinding, requireName, requireQueueName } from './names.js';
import type { NamespaceSettingsStore } from './namespace-settings.store.js';
import type { Committed } from './namespace.store.js';
import { completeQueueSettings } from './queue-settings.js';
import type { QueueStore } from './queue.store.js';
import type { SnapshotPublisher } from './snapshot-publisher.js';

/**
 * Exchanges, queues and bindings of a namespace. Every method fails with `namespace_not_found` for a namespace that
 * does not exist or is not the caller's. Every change answers only once publishers route by it; when Redis cannot be
 * reached it fails with `topology_not_published`: the change is stored, and repeating the request puts it into force.
 */
export class TopologyService {
  constructor(
    private readonly exchanges: ExchangeStore,
    private readonly queues: QueueStore,
    private readonly bindings: BindingStore,
    private readonly settings: NamespaceSettingsStore,
    private readonly publisher: SnapshotPublisher,
  ) {}

  /** The built-in exchange first, then by name. */
  async listExchanges(caller: Caller, namespaceId: string, page: PageQuery): Promise<Page<Exchange>> {
    return this.exchanges.list(caller, namespaceId, page);
  }

  /** Fails with `name_invalid`, `exchange_not_found`. */
  async getExchange(caller: Caller, namespaceId: string, name: string): Promise<Exchange> {
    requireName(name);
    return this.exchanges.get(caller, namespaceId, name);
  }

  /**
   * Creates the exchange or gives it these settings; what is left out gets its default. Fails with `name_invalid`,
   * `exchange_builtin`, `exchange_conflict`, `setting_invalid`, `text_invalid`, `exchange_not_found` (the alternate),
   * `binding_loop`, `limit_reached`.
   */
  async putExchange(caller: Caller, namespaceId: string, name: string, input: ExchangeInput): Promise<{ created: boolean; exchange: Exchange }> {
    requireOwnExchange(name);
    return this.#inForce(namespaceId, await this.exchanges.put(caller, namespaceId, name, completeExchangeSettings(input)));
  }

  /** With every binding from or to it; who named it as alternate or for dead letters goes on without. Fails with `name_invalid`, `exchange_builtin`, `exchange_not_found`. */
  async deleteExchange(caller: Caller, namespaceId: string, name: string): Promise<void> {
    requireOwnExchange(name);
    await this.#inForce(namespaceId, await this.exchanges.delete(caller, namespaceId, name));
  }

  async listQueues(caller: Caller, namespaceId: string, page: PageQuery): Promise<Page<Queue>> {
    return this.queues.list(caller, namespaceId, page);
  }

  /** Fails with `name_invalid`, `queue_not_found`. */
  async getQueue(caller: Caller, namespaceId: string, name: string): Promise<Queue> {
    requireName(name);
    return this.queues.get(caller, namespaceId, name);
  }

  /**
   * Creates the queue or gives it these settings; what is left out gets its default. Fails with `name_invalid`,
   * `queue_conflict`, `setting_invalid`, `text_invalid`, `exchange_not_found` (for the dead letters), `limit_reached`,
   * `payment_overdue`.
   */
  async putQueue(caller: Caller, namespaceId: string, name: string, input: QueueInput): Promise<{ created: boolean; queue: Queue }> {
    requireQueueName(name);
    return this.#inForce(namespaceId, await this.queues.put(caller, namespaceId, name, completeQueueSettings(input)));
  }

  /**
   * With its messages and every binding to it; with `id` only that queue, not a later one of the same name.
   * Fails with `name_invalid`, `queue_not_found`.
   */
  async deleteQueue(caller: Caller, namespaceId: string, name: string, id?: string): Promise<void> {
    requireName(name);
    await this.#inForce(namespaceId, await this.queues.delete(caller, namespaceId, name, id));
  }

  /**
   * Queues of all tenants that want to be deleted when idle, by id: `after` is the last id of the part before, '' at
   * first. For the worker; no tenant may see the answer.
   */
  listIdleDeleting(after: string, limit: number): Promise<IdleDeleting[]> {
    return this.queues.listIdleDeleting(after, limit);
  }

  /** Bindings by id, narrowed by source exchange or destination queue. */
  async listBindings(caller: Caller, namespaceId: string, query: BindingQuery): Promise<Page<Binding>> {
    if (query.exchange !== undefined) requireName(query.exchange);
    if (query.queue !== undefined) requireName(query.queue);
    return this.bindings.list(caller, namespaceId, query);
  }

  /**
   * Adds bindings that leave `exchange`, all or none; those that exist stay as they are, and the answer is in the
   * order of `inputs`. Fails with `name_invalid`, `exchange_builtin`, `exchange_not_found`, `queue_not_found`,
   * `pattern_invalid`, `pattern_too_long`, `filter_invalid`, `text_invalid`, `setting_invalid`, `binding_loop`, `limit_reached`.
   */
  async putBindings(caller: Caller, namespaceId: string, exchange: string, inputs: readonly BindingInput[]): Promise<PutBinding[]> {
    requireOwnExchange(exchange);
    for (const { destination } of inputs) {
      if ('exchange' in destination) requireOwnExchange(destination.exchange);
      else requireName(destination.queue);
    }
    const rules = inputs.map((input, index) => bindingRule(input, `bindings.${index}`));
    return this.#inForce(namespaceId, await this.bindings.put(caller, namespaceId, exchange, rules));
  }

  /** Fails with `binding_not_found`. */
  async deleteBinding(caller: Caller, namespaceId: string, id: string): Promise<void> {
    if (!canBeBinding(id)) throw new WaybillError('binding_not_found');
    await this.#inForce(namespaceId, await this.bindings.delete(caller, namespaceId, id));
  }

  /** Whether what happens to each message is logged. Publishes that come after the answer obey it. */
  async setMessageLog(caller: Caller, namespaceId: string, on: boolean): Promise<void> {
    await this.#inForce(namespaceId, await this.settings.setMessageLog(caller, namespaceId, on));
  }

  /** What usage rows call their resource, by resource id. */
  async names(caller: Caller, namespaceId: string): Promise<Map<string, ResourceName>> {
    return new Map([...(await this.exchanges.names(caller, namespaceId)), ...(await this.queues.names(caller, namespaceId))]);
  }

  async #inForce<T>(namespaceId: string, committed: Committed<T>): Promise<T> {
    // The store found the namespace, so the text is its id.
    await this.publisher.publish(namespaceId as NamespaceId, committed);
    return committed.result;
  }
}

/** Fails with `name_invalid`, or `exchange_builtin` for the exchange no tenant defines. */
function requireOwnExchange(name: string): void {
  requireName(name);
  if (name === defaultExchange) throw new WaybillError('exchange_builtin');
}
