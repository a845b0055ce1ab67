import type { Database, Transaction } from '@waybill/database';
import type { NamespaceId } from '@waybill/kernel';
import type { AttemptOwner } from './attempt.store.js';

/** Why entries are parked; a code is never renamed. */
export type ParkedCode = 'attempts_not_understood';

/** A stream entry that cannot be stored as attempts. */
export interface ParkedEntry {
  /** Its id in the stream. */
  readonly id: string;
  /** All of it, names and values by turns. */
  readonly fields: readonly string[];
  readonly code: ParkedCode;
  readonly reason: string;
}

/** Entries read in one pass over a namespace: what one transaction takes back. */
const perPass = 500;

/** In the transaction that moves the progress over it: an entry is in the stream or here. */
export async function parkEntries(tx: Transaction, { namespaceId, tenantId }: AttemptOwner, entries: readonly ParkedEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const data = entries.map(({ id, fields, code, reason }) => ({ namespaceId, tenantId, entry: id, fields: JSON.stringify(fields), code, reason }));
  await tx.parkedAttempts.createMany({ data });
}

/** Ids of those that were still there: another worker may have taken them back before. */
export async function takeBack(tx: Transaction, namespaceId: NamespaceId, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const gone = await tx.$queryRaw<{ entry: string }[]>`DELETE FROM push_attempts_parked WHERE namespace_id = ${namespaceId} AND entry = ANY(${[...ids]}) RETURNING entry`;
  return new Set(gone.map(({ entry }) => entry));
}

/** What is parked, whole, until a worker understands it or it is as old as attempts become. */
export class ParkedAttemptsStore {
  constructor(private readonly database: Database) {}

  /** In the order of their ids, after one of them; fewer than {@link perPass} only at the end. */
  async page(namespaceId: NamespaceId, after = ''): Promise<{ readonly entries: ParkedEntry[]; readonly ended: boolean }> {
    const rows = await this.database.asSystem((tx) => tx.parkedAttempts.findMany({ where: { namespaceId, entry: { gt: after } }, orderBy: { entry: 'asc' }, take: perPass }));
    return { entries: rows.map(({ entry, fields, code, reason }) => ({ id: entry, fields: JSON.parse(fields) as string[], code: code as ParkedCode, reason })), ended: rows.length < perPass };
  }

  async namespaces(): Promise<NamespaceId[]> {
    const rows = await this.database.asSystem((tx) => tx.parkedAttempts.findMany({ distinct: ['namespaceId'], orderBy: { namespaceId: 'asc' }, select: { namespaceId: true } }));
    return rows.map(({ namespaceId }) => namespaceId as NamespaceId);
  }

  async isEmpty(namespaceId: NamespaceId): Promise<boolean> {
    return (await this.database.asSystem((tx) => tx.parkedAttempts.findFirst({ where: { namespaceId }, select: { entry: true } }))) === null;
  }

  /** Those parked before a moment; returns how many. */
  async dropBefore(beforeMs: number): Promise<number> {
    const { count } = await this.database.asSystem((tx) => tx.parkedAttempts.deleteMany({ where: { parkedAt: { lt: new Date(beforeMs) } } }));
    return count;
  }
}
