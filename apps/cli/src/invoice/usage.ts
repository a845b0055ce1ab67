import { createHash } from 'node:crypto';
import { UsageError } from '../failure.js';
import { count } from './export-file.js';
import type { InvoiceExport } from './export-file.js';
import type { Price } from './price.js';

/** Counted for people to look at, never billed. */
const diagnostic = new Set(['mq_unroutable', 'mq_blocked']);
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

export interface PricedUsage {
  readonly price: Price;
  readonly quantity: bigint;
  /** SHA-256 of the lines `namespace|resource=quantity`, by bytes, hex. */
  readonly evidence: string;
}

/** The hour rows added up by the price they fall under: that of their cause, else the one for all causes. */
export function usageByPrice(rows: InvoiceExport['rows'], prices: readonly Price[]): PricedUsage[] {
  const parts = new Map<Price, Map<string, bigint>>(prices.map((price) => [price, new Map()]));
  for (const { hour, namespaceId, dimension, cause, resourceId, quantity } of rows) {
    const units = count(quantity, `the quantity of ${dimension} at ${hour}`);
    if (units === 0n || diagnostic.has(dimension)) continue;
    const of = prices.filter((price) => price.dimension === dimension);
    const price = of.find((each) => each.cause === cause) ?? of.find((each) => each.cause === '');
    if (price === undefined) throw new UsageError(`The export is damaged: there is usage of ${dimension} (${cause}), and no price of it.`);
    const sums = parts.get(price)!;
    const part = `${namespaceId}|${resourceId}`;
    sums.set(part, (sums.get(part) ?? 0n) + units);
  }
  return [...parts].map(([price, sums]) => ({ price, quantity: [...sums.values()].reduce((sum, units) => sum + units, 0n), evidence: digestOf([...sums]) }));
}

function digestOf(parts: readonly (readonly [string, bigint])[]): string {
  const hash = createHash('sha256');
  for (const [part, quantity] of [...parts].sort(([a], [b]) => byBytes(a.replace('|', '\0'), b.replace('|', '\0')))) hash.update(`${part}=${quantity}\n`);
  return hash.digest('hex');
}

/** Digest of each namespace and hour that has rows, by `namespace hour`: SHA-256 of the lines `dimension|cause|resource=quantity`, sorted by bytes, hex. */
export function hourDigests(rows: InvoiceExport['rows']): Map<string, string> {
  const hours = Map.groupBy(rows, ({ namespaceId, hour }) => `${namespaceId} ${new Date(hour).toISOString()}`);
  return new Map([...hours].map(([at, of]) => {
    const lines = of.map(({ dimension, cause, resourceId, quantity }) => `${dimension}|${cause}|${resourceId}=${quantity}`).sort(byBytes);
    return [at, createHash('sha256').update(lines.join('\n')).digest('hex')];
  }));
}

/** SHA-256 over the digests of the hours, lines `namespace|hour|digest`, hex: the evidence of the invoice. */
export function evidenceOf(digests: InvoiceExport['digests']): string {
  const hash = createHash('sha256');
  const sorted = [...digests].sort((a, b) => byBytes(a.namespaceId, b.namespaceId) || Date.parse(a.hour) - Date.parse(b.hour));
  for (const { namespaceId, hour, sha256 } of sorted) hash.update(`${namespaceId}|${new Date(hour).toISOString()}|${sha256}\n`);
  return hash.digest('hex');
}
