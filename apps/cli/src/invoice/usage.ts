import { createHash } from 'node:crypto';
import { UsageError } from '../failure.js';
import { count } from './export-file.js';
import type { RowView } from './export-file.js';
import type { Price } from './price.js';

/** Counted for people to look at, never billed. */
export const diagnostic: ReadonlySet<string> = new Set(['mq_unroutable', 'mq_blocked']);
export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

export interface PricedUsage {
  readonly price: Price;
  readonly quantity: bigint;
  /** SHA-256 of the lines `namespace|resource=quantity`, by bytes, hex. */
  readonly evidence: string;
}

/** The hour rows added up by dimension, cause and `namespace|resource`: as many sums as there are queues and exchanges, however many hours. */
export class UsageSums {
  readonly #sums = new Map<string, Map<string, Map<string, bigint>>>();

  add({ hour, namespaceId, dimension, cause, resourceId, quantity }: RowView): void {
    if (quantity === null) return;
    const units = count(quantity, `the quantity of ${dimension} at ${hour}`);
    if (units === 0n || diagnostic.has(dimension)) return;
    const sums = madeIn(madeIn(this.#sums, dimension, () => new Map<string, Map<string, bigint>>()), cause, () => new Map<string, bigint>());
    const part = `${namespaceId}|${resourceId}`;
    sums.set(part, (sums.get(part) ?? 0n) + units);
  }

  /** By the price they fall under: that of their cause, else the one for all causes. Fails with a sentence for usage without a price. */
  byPrice(prices: readonly Price[]): PricedUsage[] {
    const parts = new Map<Price, Map<string, bigint>>(prices.map((price) => [price, new Map()]));
    for (const [dimension, causes] of this.#sums) {
      const of = prices.filter((price) => price.dimension === dimension);
      for (const [cause, sums] of causes) {
        const price = of.find((each) => each.cause === cause) ?? of.find((each) => each.cause === '');
        if (price === undefined) throw new UsageError(`The export is damaged: there is usage of ${dimension} (${cause}), and no price of it.`);
        const all = parts.get(price)!;
        for (const [part, units] of sums) all.set(part, (all.get(part) ?? 0n) + units);
      }
    }
    return [...parts].map(([price, sums]) => ({ price, quantity: [...sums.values()].reduce((sum, units) => sum + units, 0n), evidence: digestOf([...sums]) }));
  }
}

function madeIn<V>(all: Map<string, V>, key: string, make: () => V): V {
  const found = all.get(key);
  if (found !== undefined) return found;
  const made = make();
  all.set(key, made);
  return made;
}

function digestOf(parts: readonly (readonly [string, bigint])[]): string {
  const hash = createHash('sha256');
  for (const [part, quantity] of [...parts].sort(([a], [b]) => byBytes(a.replace('|', '\0'), b.replace('|', '\0')))) hash.update(`${part}=${quantity}\n`);
  return hash.digest('hex');
}
