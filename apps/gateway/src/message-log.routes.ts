import { getMessageTimeline, searchMessageLog } from '@waybill/contracts';
import type { LoggedEvent } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import type { LogEvent, LogOwner, ResourceNames } from '@waybill/message-log';
import { measured, parseInput, routePath } from '@waybill/platform';
import type { FastifyInstance } from 'fastify';
import type { Authenticator } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';
import type { MessageLog } from './message-log.js';

export interface MessageLogDoor {
  readonly broker: Pick<BrokerWiring, 'topologies'>;
  readonly authenticator: Authenticator;
  readonly log: MessageLog;
}

/** What happened to a message, and to which. */
export function messageLogRoutes({ broker, authenticator, log }: MessageLogDoor) {
  return async (scope: FastifyInstance): Promise<void> => {
    scope.addHook('onClose', () => log.close());

    scope.get(routePath(searchMessageLog.path), { config: { ...measured, operation: searchMessageLog.id } }, async (request) => {
      const { tenantId, namespaceId } = await authenticator.authenticate(request, 'messages:read');
      const { queue, from, to, key, event, limit, after } = parseInput(searchMessageLog, request).query;
      const queueId = queue === undefined ? undefined : await idOf(broker, namespaceId, queue);
      return log.read(async ({ reader, names }) => {
        const owner = { tenantId, namespaceId };
        const page = await reader.search(owner, { queueId, key, event, limit, after, fromMs: momentOf(from), toMs: momentOf(to) });
        return { items: await named(owner, page.events, names, ({ messageId }) => messageId), next: page.next, completeUntil: timestampOf(page.completeUntilMs) };
      });
    });

    scope.get(routePath(getMessageTimeline.path), { config: { ...measured, operation: getMessageTimeline.id } }, async (request) => {
      const { tenantId, namespaceId } = await authenticator.authenticate(request, 'messages:read');
      const { id } = parseInput(getMessageTimeline, request).params;
      return log.read(async ({ reader, names }) => {
        const owner = { tenantId, namespaceId };
        const { events, completeUntilMs } = await reader.timeline(owner, id);
        return { id, events: await named(owner, events, names, () => id), completeUntil: timestampOf(completeUntilMs) };
      });
    });
  };
}

/** A queue made a moment ago may be unknown here until the topology is looked at again. */
async function idOf({ topologies }: Pick<BrokerWiring, 'topologies'>, ns: NamespaceId, queue: string): Promise<string> {
  const topology = topologies.get(ns);
  await topology.refresh();
  const found = topology.table.queue(queue);
  if (!found) throw new WaybillError('queue_not_found', { queue });
  return found.id;
}

/** Events as the contract shows them: names where the queue or exchange still exists, else ids. */
async function named<E extends LogEvent>(owner: LogOwner, events: readonly E[], names: ResourceNames, messageIdIn: (event: E) => string | null): Promise<LoggedEvent[]> {
  const ids = new Set(events.flatMap(({ queueId, exchangeId }) => [queueId, exchangeId]).filter((id) => id !== null));
  const known = await names.of(owner, ids);
  const nameOf = (id: string | null): string | null => (id === null ? null : (known.get(id) ?? id));
  return events.map((found) => {
    const { atMs, event, queueId, exchangeId, key, bytes, deliveries, holder, reason } = found;
    return { at: new Date(atMs).toISOString(), event, messageId: messageIdIn(found), queue: nameOf(queueId), queueId, exchange: nameOf(exchangeId), key, bytes, deliveries, holder, reason };
  });
}

const momentOf = (timestamp: string | undefined): number | undefined => (timestamp === undefined ? undefined : Date.parse(timestamp));
const timestampOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
