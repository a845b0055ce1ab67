import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@waybill/kernel';
import type { FreshDatabase } from '@waybill/testing';
import { freshDatabase, newHome } from '@waybill/testing';
import { MessageLogDrain } from './message-log-drain.js';
import { MessageLogReader } from './message-log-reader.js';
import { positionAtMs } from './position-time.js';
import { SegmentSearchStore } from './segment-search.store.js';
import { SegmentStore } from './segment.store.js';
import { HeldLog, queueFields } from './testing/held-log.js';

const hourMs = 3_600_000;

describe('the rows that say what was counted in an hour', () => {
  let fresh: FreshDatabase;
  beforeAll(async () => {
    fresh = await freshDatabase();
  });
  afterAll(() => fresh?.drop());

  it.each([
    ['the year', Date.UTC(2027, 0, 1)], ['a leap day', Date.UTC(2028, 2, 1)], ['the month', Date.UTC(2026, 11, 1)], ['an hour', Date.UTC(2026, 10, 5, 14)],
  ])('are those whose script counted in it, also where the entry was written after the end of %s, whatever was stored in between', async (_name, endMs) => {
    const { namespaceId, caller } = await newHome(fresh.database);
    const log = new HeldLog();
    const drain = new MessageLogDrain(log, new SegmentStore(fresh.database), silentLogger);
    const reader = new MessageLogReader(new SegmentSearchStore(fresh.database), log, silentLogger);
    const entry = async (writtenMs: number, countedMs: number | null, kind: 'c' | 's', list: string, drained: boolean) => {
      const fields = queueFields(kind, 'q_a', list, kind === 'c' ? 'h' : undefined);
      log.add(writtenMs, countedMs === null ? fields : fields.set('t', Buffer.from(String(countedMs))));
      if (drained) await drain.drain(namespaceId);
    };
    const at = (ms: number) => positionAtMs(ms);
    await entry(endMs - hourMs, endMs - hourMs, 'c', `${at(endMs - hourMs)}:1:2`, true);
    await entry(endMs - 1, endMs - 1, 'c', `${at(endMs - 9)}:1:3`, false);
    // Counted by the last millisecond and written in the next hour, after something that begins a segment of it, and before a drain.
    await entry(endMs + 1, endMs + 1, 'c', `${at(endMs - 8)}:1:4`, true);
    await entry(endMs + 1, endMs - 1, 'c', `${at(endMs - 7)}:1:5`, true);
    await entry(endMs + 2, endMs - 1, 's', `x${at(endMs - 6)}:1:r`, false);
    await entry(endMs + 3, endMs, 's', `x${at(endMs - 5)}:1:r`, true);
    await entry(endMs + 4, null, 'c', `${at(endMs - 4)}:1`, true);

    const counted = async (fromMs: number, only?: 'deliveries' | 'passes') => {
      const found: (string | number | null)[] = [];
      for await (const rows of reader.counted({ tenantId: caller.tenantId, namespaceId }, { fromMs, toMs: fromMs + hourMs, only })) for (const row of rows) found.push(row.kind === 'delivered' ? row.kib : row.kind);
      return found;
    };
    expect(await counted(endMs - hourMs)).toEqual([2, 3, 5, 'dead']);
    expect(await counted(endMs)).toEqual([4, 'dead', null]);
    expect(await counted(endMs - 2 * hourMs)).toEqual([]);
    expect(await counted(endMs - hourMs, 'deliveries')).toEqual([2, 3, 5]);
    expect(await counted(endMs, 'passes')).toEqual(['dead']);
  });
});
