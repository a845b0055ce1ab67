import type { Database, Transaction } from '@waybill/database';
import type { NamespaceId } from '@waybill/kernel';
import type { SettledEntry } from './attempt.js';
import type { PushAlert } from './attempt-reader.js';
import { insertRows } from './attempt-rows.store.js';
import { insertSegment, segmented } from './attempt-segments.store.js';
import { parkEntries, takeBack } from './parked-attempts.store.js';
import type { ParkedEntry } from './parked-attempts.store.js';

/** Whose attempts they are. */
export interface AttemptOwner {
  readonly namespaceId: NamespaceId;
  readonly tenantId: string;
}

const dayMs = 86_400_000;
/** Before every entry of a stream. */
export const beforeAllEntries = '0-0';

/** Attempts and alerts in PostgreSQL, as the worker writes them. */
export class AttemptStore {
  readonly #tenants = new Map<NamespaceId, string>();
  readonly #days = new Set<number>();

  constructor(private readonly database: Database) {}

  /** Id of the last stream entry stored; undefined when the namespace does not exist. */
  async lastEntry(namespaceId: NamespaceId): Promise<string | undefined> {
    if ((await this.#tenantOf(namespaceId)) === undefined) return undefined;
    const found = await this.database.asSystem((tx) => tx.pushAttemptsProgress.findUnique({ where: { namespaceId } }));
    return found?.lastEntry ?? beforeAllEntries;
  }

  /**
   * Stores attempts, parks what are none, and moves the progress on, in one transaction. `moved_on`: another drainer did since `before` was
   * read, and nothing was stored now.
   */
  async append(namespaceId: NamespaceId, before: string, last: string, entries: readonly SettledEntry[], parked: readonly ParkedEntry[] = []): Promise<'stored' | 'moved_on'> {
    const tenantId = await this.#tenantOf(namespaceId);
    if (tenantId === undefined) return 'moved_on';
    await this.#makeDays(entries);
    return this.database.asSystem(async (tx) => {
      if (!(await advance(tx, namespaceId, tenantId, before, last))) return 'moved_on';
      await insertEntries(tx, { namespaceId, tenantId }, entries);
      await parkEntries(tx, { namespaceId, tenantId }, parked);
      return 'stored';
    });
  }

  /** Stores parked entries that are understood now, by their ids, and takes them from where they were parked. Returns how many. */
  async takeBack(namespaceId: NamespaceId, understood: ReadonlyMap<string, SettledEntry>): Promise<number> {
    const tenantId = await this.#tenantOf(namespaceId);
    if (tenantId === undefined || understood.size === 0) return 0;
    await this.#makeDays([...understood.values()]);
    return this.database.asSystem(async (tx) => {
      const taken = await takeBack(tx, namespaceId, [...understood.keys()]);
      await insertEntries(tx, { namespaceId, tenantId }, [...understood].filter(([id]) => taken.has(id)).map(([, entry]) => entry));
      return taken.size;
    });
  }

  /** False when it was recorded before. */
  async addAlert(namespaceId: NamespaceId, alert: PushAlert): Promise<boolean> {
    const tenantId = await this.#tenantOf(namespaceId);
    if (tenantId === undefined) return false;
    const { subscriptionId, failingSinceMs, percent, reason, lastAnswer, raisedAtMs } = alert;
    const data = { tenantId, namespaceId, subscriptionId, failingSince: new Date(failingSinceMs), percent, reason, lastAnswer, raisedAt: new Date(raisedAtMs) };
    const { count } = await this.database.asSystem((tx) => tx.pushAlert.createMany({ data: [data], skipDuplicates: true }));
    return count === 1;
  }

  /** Drops the days that ended before a moment, but never one of the last seven; returns how many. */
  async dropBefore(beforeMs: number): Promise<number> {
    const [row] = await this.database.asSystem((tx) => tx.$queryRaw<{ dropped: number }[]>`SELECT push_attempts_drop_days(${dateOf(Math.floor(beforeMs / dayMs))}::date) AS dropped`);
    this.#days.clear();
    return row?.dropped ?? 0;
  }

  /** Outside the transaction that inserts: making a day waits for everyone who uses the table, and holds them up. */
  async #makeDays(entries: readonly SettledEntry[]): Promise<void> {
    const days = new Set<number>();
    for (const { delivered, others } of entries) {
      for (const startedMs of delivered?.startedMs ?? []) days.add(Math.floor(startedMs / dayMs));
      for (const { startedAtMs } of others) days.add(Math.floor(startedAtMs / dayMs));
    }
    for (const day of days) {
      if (this.#days.has(day)) continue;
      await this.database.asSystem((tx) => tx.$executeRaw`SELECT push_attempts_make_day(${dateOf(day)}::date)`);
      this.#days.add(day);
    }
  }

  /** A namespace never changes its tenant. */
  async #tenantOf(namespaceId: NamespaceId): Promise<string | undefined> {
    const known = this.#tenants.get(namespaceId);
    if (known !== undefined) return known;
    const found = await this.database.asSystem((tx) => tx.namespace.findUnique({ where: { id: namespaceId }, select: { tenantId: true } }));
    if (found) this.#tenants.set(namespaceId, found.tenantId);
    return found?.tenantId;
  }
}

const dateOf = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);

async function insertEntries(tx: Transaction, owner: AttemptOwner, entries: readonly SettledEntry[]): Promise<void> {
  const { segments, alone } = segmented(entries);
  for (const segment of segments) await insertSegment(tx, owner, segment);
  if (alone.length > 0) await insertRows(tx, owner, alone);
}

/** False when the progress is not where this drainer thought it was. The row stays locked until the transaction ends. */
async function advance(tx: Transaction, namespaceId: NamespaceId, tenantId: string, before: string, last: string): Promise<boolean> {
  if (before === beforeAllEntries) {
    return (await tx.$executeRaw`
      INSERT INTO push_attempts_progress (namespace_id, tenant_id, last_entry) VALUES (${namespaceId}, ${tenantId}, ${last}) ON CONFLICT DO NOTHING`) === 1;
  }
  return (await tx.$executeRaw`UPDATE push_attempts_progress SET last_entry = ${last} WHERE namespace_id = ${namespaceId} AND last_entry = ${before}`) === 1;
}
