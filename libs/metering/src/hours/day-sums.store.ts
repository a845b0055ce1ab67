import { Prisma } from '@waybill/database';
import type { HourRange } from '../ledger.store.js';

/** Where sums of a range of whole days, UTC, are read: the table, and the condition on its rows. */
export interface DaySums {
  readonly table: Prisma.Sql;
  readonly inRange: Prisma.Sql;
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const beginsMonth = (ms: number): boolean => new Date(ms).getUTCDate() === 1;

/** Sums of whole months are kept: a row where their days are thirty. Both tables have the same columns but for the date. */
export function daySums({ fromMs, toMs }: HourRange): DaySums {
  return beginsMonth(fromMs) && beginsMonth(toMs)
    ? { table: Prisma.sql`usage_months`, inRange: Prisma.sql`month >= ${dayOf(fromMs)}::date AND month < ${dayOf(toMs)}::date` }
    : { table: Prisma.sql`usage_days`, inRange: Prisma.sql`day >= ${dayOf(fromMs)}::date AND day < ${dayOf(toMs)}::date` };
}
