import type { Transaction } from '@waybill/database';
import { newId, WaybillError } from '@waybill/kernel';
import type { TenantId } from '@waybill/kernel';
import { addressKey, stateOf } from './recipient.js';
import type { Consent, Consents, Recipient } from './recipient.js';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** A link to confirm works so long. */
export const linkLifeMs = 3 * dayMs;
/** One tenant asks one address so often at most. */
export const askEveryMs = 10 * minuteMs;
/** Mails that ask, in a day: to one address, whoever has them sent, and of one tenant. */
export const askedPerDay = { address: 10, tenant: 100 } as const;

/** What a mail that asks says. */
export interface AskedFor {
  readonly namespaceId: string;
  readonly subscription: string;
}

export interface AskedRow {
  readonly address: string;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly sentAt: Date | null;
  readonly error: string | null;
}

export async function consentsOf(tx: Transaction, tenantId: TenantId, addresses: readonly string[]): Promise<Consents> {
  if (addresses.length === 0) return {};
  const rows = await tx.mailRecipient.findMany({ where: { tenantId, address: { in: [...addresses] } }, select: { address: true, state: true } });
  return Object.fromEntries(rows.map(({ address, state }) => [address, state as Consent]));
}

/** The last mail that asked each address. */
export async function lastAsked(tx: Transaction, tenantId: TenantId, addresses: readonly string[]): Promise<ReadonlyMap<string, AskedRow>> {
  if (addresses.length === 0) return new Map();
  const rows = await tx.$queryRaw<AskedRow[]>`
    SELECT DISTINCT ON (address) address, requested_at AS "requestedAt", expires_at AS "expiresAt", sent_at AS "sentAt", error
    FROM mail_requests WHERE tenant_id = ${tenantId} AND address = ANY(${[...addresses]}) ORDER BY address, requested_at DESC, id DESC`;
  return new Map(rows.map((row) => [row.address, row]));
}

/**
 * Has those asked who have to be and were not, or whose link has ended. Until commit nobody answers for them: a subscription
 * that is made while its recipient confirms is seen by the one who comes second. Fails with `confirmations_limited`.
 */
export async function askRecipients(tx: Transaction, tenantId: TenantId, recipients: readonly Recipient[], about: AskedFor, now: Date): Promise<void> {
  const keys = [...new Set(recipients.map(({ address }) => addressKey(address)))].sort();
  if (keys.length === 0) return;
  await lockRecipients(tx, tenantId, keys);
  const [consents, asked] = [await consentsOf(tx, tenantId, keys), await lastAsked(tx, tenantId, keys)];
  const toAsk = keys.filter((key) => {
    const recipient = recipients.find(({ address }) => addressKey(address) === key)!;
    const last = asked.get(key);
    return stateOf(recipient, consents) === 'waiting' && (last === undefined || last.expiresAt <= now);
  });
  if (toAsk.length > 0) await request(tx, tenantId, toAsk, about, now);
}

/** Asks one address again. Fails with `recipient_settled`, `confirmations_limited`. */
export async function askAgain(tx: Transaction, tenantId: TenantId, recipient: Recipient, about: AskedFor, now: Date): Promise<void> {
  const key = addressKey(recipient.address);
  await lockRecipients(tx, tenantId, [key]);
  const state = stateOf(recipient, await consentsOf(tx, tenantId, [key]));
  if (state !== 'waiting') throw new WaybillError('recipient_settled', { state });
  const last = (await lastAsked(tx, tenantId, [key])).get(key);
  // One that could not be sent is no reason to wait.
  if (last !== undefined && last.error === null) requireTime(last.requestedAt.getTime() + askEveryMs, now, 'one every ten minutes to the same address');
  await request(tx, tenantId, [key], about, now);
}

/** Makes the rows that are missing and locks them all, in one order, so that two who do so never wait for each other. */
export async function lockRecipients(tx: Transaction, tenantId: TenantId, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await tx.$executeRaw`INSERT INTO mail_recipients (tenant_id, address) VALUES (${tenantId}, ${key}) ON CONFLICT DO NOTHING`;
    await tx.$queryRaw`SELECT 1 FROM mail_recipients WHERE tenant_id = ${tenantId} AND address = ${key} FOR UPDATE`;
  }
}

async function request(tx: Transaction, tenantId: TenantId, keys: readonly string[], { namespaceId, subscription }: AskedFor, now: Date): Promise<void> {
  const since = new Date(now.getTime() - dayMs);
  // Whoever asks at the same time counts after us.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('mail_requests'))`;
  const ofTenant = await tx.mailRequest.count({ where: { tenantId, requestedAt: { gt: since } } });
  if (ofTenant + keys.length > askedPerDay.tenant) throw limited(`${askedPerDay.tenant} a day from one tenant`, dayMs / 24);
  for (const address of keys) {
    const [row] = await tx.$queryRaw<{ count: bigint }[]>`SELECT mail_requests_to(${address}, ${since}) AS count`;
    if (Number(row?.count ?? 0) >= askedPerDay.address) throw limited(`${askedPerDay.address} a day to one address`, dayMs / 24);
  }
  const { name: namespace } = await tx.namespace.findFirstOrThrow({ where: { tenantId, id: namespaceId }, select: { name: true } });
  await tx.mailRequest.createMany({
    data: keys.map((address) => ({ id: newId('mailRequest'), tenantId, address, namespace, subscription, requestedAt: now, expiresAt: new Date(now.getTime() + linkLifeMs), nextAt: now })),
  });
}

function requireTime(fromMs: number, now: Date, scope: string): void {
  if (fromMs > now.getTime()) throw limited(scope, fromMs - now.getTime());
}

function limited(scope: string, inMs: number): WaybillError {
  return new WaybillError('confirmations_limited', { scope, retryAfterSeconds: Math.ceil(inMs / 1_000) });
}
