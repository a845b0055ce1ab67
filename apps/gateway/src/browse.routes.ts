import { compileMessageFilter } from '@waybill/broker';
import type { MessageBrowser, MessageFilter, QueueEntry } from '@waybill/broker';
import { browseMessages, peekMessage } from '@waybill/contracts';
import type { Parsed } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { Issue, NamespaceId } from '@waybill/kernel';
import type { FastifyInstance } from 'fastify';
import type { DataDoor } from './data-route.js';
import { queueRoute } from './data-route.js';
import { browsedMessage } from './entry-reply.js';

export interface BrowseDoor extends DataDoor {
  readonly browser: MessageBrowser<QueueEntry>;
  /** Fails with `body_store_unavailable`. */
  readonly loadBody: (ns: NamespaceId, entry: Pick<QueueEntry, 'properties' | 'body'>) => Promise<Buffer>;
}

/** Looking at messages without consuming them. */
export function browseRoutes(door: BrowseDoor) {
  return async (scope: FastifyInstance): Promise<void> => {
    queueRoute(door, scope, browseMessages, async (queue, { query }) => {
      const { state, after, limit, body, id } = query;
      const test = compileMessageFilter(filterOf(query));
      if (id !== undefined) {
        const found = await door.browser.findIn(queue, state, id).catch(absent);
        return { items: found && test(found) ? [browsedMessage(found, body)] : [], next: null, scanned: found ? 1 : 0 };
      }
      const { items, next, scanned } = await door.browser.page(queue, state, test, { after, limit });
      return { items: items.map((entry) => browsedMessage(entry, body)), next, scanned };
    });

    queueRoute(door, scope, peekMessage, async (queue, { params }, { namespaceId }) => {
      const entry = await door.browser.peek(queue, params.id);
      return browsedMessage(entry, 'full', await door.loadBody(namespaceId, entry));
    });
  };
}

function absent(error: unknown): undefined {
  if (error instanceof WaybillError && error.code === 'message_not_found') return undefined;
  throw error;
}

const headerQuery = 'header.';
const headersInQuery = 16;

/** Fails with `request_invalid` for a name that the contract does not know. */
function filterOf(query: Parsed<typeof browseMessages>['query']): MessageFilter {
  const { state: _state, limit: _limit, after: _after, body: _body, id: _id, key, group, correlationId, reason, publishedFrom, publishedTo, ...others } = query;
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  const issues: Issue[] = [];
  for (const [name, value] of Object.entries(others)) {
    const path = `query.${name}`;
    if (!name.startsWith(headerQuery) || name.length === headerQuery.length) issues.push({ path, message: 'is not known here' });
    else if (typeof value !== 'string') issues.push({ path, message: 'may be given once' });
    else headers[name.slice(headerQuery.length)] = value;
  }
  const names = Object.keys(headers);
  if (names.length > headersInQuery) issues.push({ path: 'query', message: `up to ${headersInQuery} headers are allowed` });
  if (issues.length > 0) throw new WaybillError('request_invalid', {}, { issues });
  return { key, group, correlationId, reason, publishedFrom, publishedTo, ...(names.length > 0 ? { headers } : {}) };
}
