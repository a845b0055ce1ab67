import type { TenantId } from '@waybill/kernel';

/**
 * pending: to be sent. accepted: Stripe took it. confirmed: its hourly summary says the same. parked: refused, a person
 * must look. too_old: may no longer be sent (35 days). replaced: a later revision stands for the hour.
 */
export const pushStates = ['pending', 'accepted', 'confirmed', 'parked', 'too_old', 'replaced'] as const;
export type PushState = (typeof pushStates)[number];

/** One hour of one meter of a tenant, all of it, as it is sent to Stripe. */
export interface MeterPush {
  readonly tenantId: TenantId;
  readonly meter: string;
  /** First millisecond of the hour. */
  readonly hourMs: number;
  readonly revision: number;
  readonly quantity: bigint;
  /** The moment the event carries. */
  readonly eventAtMs: number;
  readonly state: PushState;
  readonly attempts: number;
  readonly acceptedAtMs: number | null;
  readonly createdAtMs: number;
}

export const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Stripe refuses events older than 35 days; five days are left for a person to act in (billing.md §6). */
export const sendableMs = 30 * dayMs;
/** Longest wait for a confirmation before somebody is called (billing.md §6). */
export const confirmWithinMs = 6 * hourMs;

/** `v1:<tenant>:<meter>:<yyyymmddHH>:<revision>`: at most 100 characters, unique for ever. */
export function identifierOf({ tenantId, meter, hourMs: atMs, revision }: Pick<MeterPush, 'tenantId' | 'meter' | 'hourMs' | 'revision'>): string {
  const hour = new Date(atMs).toISOString().slice(0, 13).replace(/[-T]/g, '');
  return `v1:${tenantId}:${meter}:${hour}:${revision}`;
}

/** Null for an identifier that is none of ours. */
export function parseIdentifier(text: string): Pick<MeterPush, 'tenantId' | 'meter' | 'hourMs' | 'revision'> | null {
  const [, tenantId = '', meter = '', year = '', month = '', day = '', hour = '', revision = ''] = /^v1:(tnt_[0-9a-z]+):([a-z_]+):(\d{4})(\d\d)(\d\d)(\d\d):(\d+)$/.exec(text) ?? [];
  if (tenantId === '') return null;
  return { tenantId: tenantId as TenantId, meter, hourMs: Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour)), revision: Number(revision) };
}
