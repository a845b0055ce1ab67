import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { keys } from './keys.js';
import { Script } from './script.store.js';
import { storeErrorOf } from './store-error.js';

/** An entry of the message log as the scripts wrote it (docs/adr/0015-message-log.md). */
export interface LogEntry {
  /** `<ms>-<n>`, Redis's clock. */
  readonly id: string;
  readonly fields: ReadonlyMap<string, Buffer>;
}

const trimScript = new Script('log-trim');
const trimStep = 500;

/** The part of the message log that waits in Redis. */
export class MessageLogStore {
  constructor(private readonly redis: Redis) {}

  /** Entries after an id (`0` for all), oldest first. */
  async read(ns: NamespaceId, afterEntryId: string, count: number): Promise<LogEntry[]> {
    try {
      const entries = await this.redis.xrangeBuffer(keys.log(ns), `(${afterEntryId}`, '+', 'COUNT', count);
      return entries.map(([id, fields]) => {
        const named = new Map<string, Buffer>();
        for (let i = 0; i < fields.length; i += 2) named.set((fields[i] as Buffer).toString('latin1'), fields[i + 1] as Buffer);
        return { id: id.toString('latin1'), fields: named };
      });
    } catch (error) {
      throw storeErrorOf(error);
    }
  }

  /** Forgets entries up to and with an id: they are in the database. */
  async trim(ns: NamespaceId, throughEntryId: string): Promise<void> {
    for (let trimmed = trimStep; trimmed === trimStep; ) {
      trimmed = (await trimScript.run(this.redis, [keys.log(ns), keys.logBytes(ns)], [throughEntryId, trimStep]))[1] as number;
    }
  }

  /** Bytes of values that wait. */
  async waitingBytes(ns: NamespaceId): Promise<number> {
    return Number((await this.redis.get(keys.logBytes(ns))) ?? 0);
  }
}
