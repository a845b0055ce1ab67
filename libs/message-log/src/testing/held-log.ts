import type { NamespaceId } from '@waybill/kernel';
import type { LogEntry } from '../log-entry.js';
import { beforeAll, isAfter } from '../log-entry.js';
import type { LiveLog } from '../log-tail.js';

export interface TestMessage {
  readonly route: number;
  readonly bytes: number;
  readonly key: string;
  readonly ownId?: string;
}

export interface TestRun {
  readonly publishedBy: string;
  readonly messages: readonly TestMessage[];
}

function shortText(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** Fields of a publish entry, as the broker's gateway and script write them. */
export function publishFields(first: number, plan: unknown, runs: readonly TestRun[], exceptions = ''): Map<string, Buffer> {
  const routes: number[] = [];
  const details: Buffer[] = [];
  for (const { publishedBy, messages } of runs) {
    details.push(Buffer.from([messages.length >>> 8, messages.length & 0xff]), shortText(publishedBy));
    for (const { route, bytes, key, ownId = '' } of messages) {
      routes.push(route);
      const size = Buffer.alloc(4);
      size.writeUInt32BE(bytes);
      details.push(size, shortText(ownId), shortText(key));
    }
  }
  return new Map([
    ['k', Buffer.from('p')], ['f', Buffer.from(String(first))], ['plan', Buffer.from(JSON.stringify(plan))],
    ['r', Buffer.from(routes.flatMap((route) => [route >>> 8, route & 0xff]))], ['d', Buffer.concat(details)], ['x', Buffer.from(exceptions)],
  ]);
}

/** Fields of the other entries: `m` as text. */
export function queueFields(kind: 'c' | 's' | 'b' | 'g', queueId: string, list: string, holder?: string): Map<string, Buffer> {
  const fields = new Map([['k', Buffer.from(kind)], ['q', Buffer.from(queueId)], ['m', Buffer.from(list)]]);
  return holder === undefined ? fields : fields.set('h', Buffer.from(holder));
}

/** A log stream in memory that can be made to fail like a killed process. */
export class HeldLog implements LiveLog {
  entries: LogEntry[] = [];
  off = false;
  nowAtMs = 0;
  #last = beforeAll;

  add(atMs: number, fields: ReadonlyMap<string, Buffer>): string {
    const [ms = '0', n = '0'] = this.#last.split('-');
    const id = Number(ms) >= atMs ? `${ms}-${Number(n) + 1}` : `${atMs}-0`;
    this.entries.push({ id, fields });
    this.#last = id;
    this.nowAtMs = Math.max(this.nowAtMs, atMs);
    return id;
  }

  read(_ns: NamespaceId, after: string, count: number): Promise<LogEntry[]> {
    const first = this.#firstAfter(after);
    return Promise.resolve(this.entries.slice(first, first + count));
  }

  trim(_ns: NamespaceId, through: string): Promise<void> {
    this.entries = this.entries.slice(this.#firstAfter(through));
    return Promise.resolve();
  }

  nowMs(): Promise<number> {
    return Promise.resolve(this.nowAtMs);
  }

  isOff(): Promise<boolean> {
    return Promise.resolve(this.off);
  }

  #firstAfter(entryId: string): number {
    const found = this.entries.findIndex(({ id }) => isAfter(id, entryId));
    return found < 0 ? this.entries.length : found;
  }
}
