import type { DeletionStep, TenantEraser } from '@waybill/billing';
import type { ScheduleStore } from '@waybill/broker';
import type { Sources, Subscriptions } from '@waybill/delivery';
import type { ApiKeys, PortalLinkStore } from '@waybill/identity';
import { WaybillError } from '@waybill/kernel';
import type { Caller, Clock, NamespaceId } from '@waybill/kernel';
import type { TopologyService } from '@waybill/topology';

/** The rooms that own what a tenant has. */
export interface ErasedRooms {
  readonly apiKeys: Pick<ApiKeys, 'list' | 'revoke'>;
  readonly portalLinks: Pick<PortalLinkStore, 'revoke'>;
  readonly subscriptions: Pick<Subscriptions, 'list' | 'delete'>;
  readonly sources: Pick<Sources, 'list' | 'delete'>;
  readonly schedules: Pick<ScheduleStore, 'list' | 'delete'>;
  readonly topology: Pick<TopologyService, 'listQueues' | 'deleteQueue' | 'listExchanges' | 'deleteExchange'>;
}

type Erase = (caller: Caller, namespaceId: NamespaceId) => Promise<'more' | 'done'>;

/** Between two looks at whether it may go on. */
const atOnce = 20;

/**
 * Takes away what a tenant has by the same calls a person has for it, so that gateways and workers hear of it as always, and the
 * minutes of queues and exchanges end with it. Another worker may be at the same: what is gone already is passed over.
 */
export class ErasingRooms implements TenantEraser {
  readonly #steps: Readonly<Record<DeletionStep, Erase>>;

  constructor(rooms: ErasedRooms, clock: Clock) {
    const { apiKeys, portalLinks, subscriptions, sources, schedules, topology } = rooms;
    this.#steps = {
      keys: async (caller, ns) => {
        const live = (await apiKeys.list(caller, ns)).filter(({ revokedAt }) => revokedAt === null);
        return each(live, live.length > atOnce, ({ id }) => apiKeys.revoke(caller, ns, id));
      },
      portal_links: async (caller, ns) => {
        await portalLinks.revoke(caller, ns, {}, new Date(clock.nowMs()));
        return 'done';
      },
      subscriptions: async (caller, ns) => {
        const { items, next } = await subscriptions.list(caller, ns, { limit: atOnce });
        return each(items, next !== null, ({ name }) => subscriptions.delete(caller, ns, { name }));
      },
      sources: async (caller, ns) => {
        const { items, next } = await sources.list(caller, ns, { limit: atOnce });
        return each(items, next !== null, ({ name }) => sources.delete(caller, ns, name));
      },
      schedules: async (_caller, ns) => {
        const { items, next } = await schedules.list(ns, undefined, atOnce);
        return each(items, next !== null, ({ name }) => schedules.delete(ns, name));
      },
      queues: async (caller, ns) => {
        const { items, next } = await topology.listQueues(caller, ns, { limit: atOnce });
        return each(items, next !== null, ({ name, id }) => topology.deleteQueue(caller, ns, name, id));
      },
      exchanges: async (caller, ns) => {
        const { items, next } = await topology.listExchanges(caller, ns, { limit: atOnce });
        return each(items.filter(({ builtIn }) => !builtIn), next !== null, ({ name }) => topology.deleteExchange(caller, ns, name));
      },
    };
  }

  erase(caller: Caller, namespaceId: NamespaceId, step: DeletionStep): Promise<'more' | 'done'> {
    return this.#steps[step](caller, namespaceId);
  }
}

const goneAlready: readonly string[] = ['subscription_not_found', 'source_not_found', 'schedule_not_found', 'queue_not_found', 'exchange_not_found', 'api_key_not_found'];

async function each<T>(items: readonly T[], more: boolean, erase: (item: T) => Promise<unknown>): Promise<'more' | 'done'> {
  for (const item of items.slice(0, atOnce)) {
    try {
      await erase(item);
    } catch (error) {
      if (!(error instanceof WaybillError) || !goneAlready.includes(error.code)) throw error;
    }
  }
  return more ? 'more' : 'done';
}
