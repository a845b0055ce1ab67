import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { silentLogger } from '@waybill/kernel';
import { freshDatabase, newHome } from '@waybill/testing';
import type { FreshDatabase } from '@waybill/testing';
import { EvidenceKeeper } from './evidence-keeper.js';
import { EvidenceStore } from './evidence.store.js';

const hourMs = 3_600_000;
const start = Date.UTC(2026, 0, 1);

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh?.drop());

it('keeps the evidence of newer hours though a whole call of older ones cannot be counted, and of those once they can', async () => {
  const { caller, namespaceId } = await newHome(fresh.database);
  const hours = Array.from({ length: 5 }, (_, at) => start + at * hourMs);
  for (const hour of hours) await fresh.query(`INSERT INTO usage_hours VALUES ('${caller.tenantId}', '${namespaceId}', '${new Date(hour).toISOString()}', now(), 'watermark', 0, decode(repeat('00', 32), 'hex'))`);
  let broken = true;
  const facts = {
    count: async ({ hourMs: of }: { hourMs: number }) => {
      if (broken && of < start + 3 * hourMs) throw new Error('a segment cannot be read');
      return { units: new Map(), states: new Map(), digest: { messages: 0, bytes: 0n, sha256: '00'.repeat(32) } };
    },
  } as unknown as ConstructorParameters<typeof EvidenceKeeper>[1];
  const keeper = new EvidenceKeeper(new EvidenceStore(fresh.database), facts, () => start + 5 * hourMs, silentLogger, 2);
  const kept = async () => Number((await fresh.query('SELECT count(*) AS n FROM usage_evidence'))[0]?.['n']);
  for (let call = 0; call < 3; call += 1) await keeper.keep();
  expect(await kept()).toBe(2);
  broken = false;
  for (let call = 0; call < 3; call += 1) await keeper.keep();
  expect([await kept(), await keeper.keep()]).toEqual([5, { kept: 0, waiting: 0, failed: 0 }]);
});
