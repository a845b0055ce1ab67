import { createHash } from 'node:crypto';
import { UsageError } from '../failure.js';
import type { DigestView, RowView } from './export-file.js';
import { byBytes } from './usage.js';

/** SHA-256 of an hour as the export states it, and as its rows make it; undefined where there is none. */
interface HourDigest {
  readonly stated: string | undefined;
  readonly computed: string | undefined;
}

/** Namespace and hour, as people read it. */
export const placeOf = ({ namespaceId, hour }: Pick<RowView, 'namespaceId' | 'hour'>): string => `${namespaceId} ${new Date(hour).toISOString()}`;

/** The hours of an export. What is held is the rows of one of them, and the digests. */
export class Hours {
  readonly #digests: DigestView[] = [];
  readonly #computed = new Map<string, string>();
  #open: { readonly of: RowView; readonly place: string; readonly lines: string[] } | undefined;
  #firstMs = Infinity;
  #lastMs = -Infinity;
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  addDigest(digest: DigestView): void {
    this.#digests.push(digest);
  }

  /** Fails with a sentence when the rows of an hour are not together. */
  addRow(row: RowView): void {
    if (row.quantity !== null) this.#rows += 1;
    if (this.#open?.of.hour !== row.hour || this.#open.of.namespaceId !== row.namespaceId) this.#begin(row);
    if (row.quantity !== null) this.#open!.lines.push(`${row.dimension}|${row.cause}|${row.resourceId}=${row.quantity}`);
  }

  /** An hour with rows that is not in the time; undefined when there is none. */
  outside(startMs: number, endMs: number): string | undefined {
    const atMs = this.#firstMs < startMs ? this.#firstMs : this.#lastMs >= endMs ? this.#lastMs : undefined;
    return atMs === undefined ? undefined : new Date(atMs).toISOString();
  }

  /** Each hour that has a digest or rows, by namespace and hour as in the export. */
  digests(): ReadonlyMap<string, HourDigest> {
    this.#close();
    const all = new Map<string, HourDigest>();
    for (const digest of this.#digests) {
      const place = placeOf(digest);
      all.set(place, { stated: digest.sha256, computed: this.#computed.get(place) });
    }
    for (const [place, computed] of this.#computed) if (!all.has(place)) all.set(place, { stated: undefined, computed });
    return all;
  }

  /** SHA-256 over the digests of the hours, lines `namespace|hour|digest`, hex: the evidence of the invoice. */
  evidence(): string {
    const hash = createHash('sha256');
    const sorted = [...this.#digests].sort((a, b) => byBytes(a.namespaceId, b.namespaceId) || Date.parse(a.hour) - Date.parse(b.hour));
    for (const { namespaceId, hour, sha256 } of sorted) hash.update(`${namespaceId}|${new Date(hour).toISOString()}|${sha256}\n`);
    return hash.digest('hex');
  }

  #begin(of: RowView): void {
    this.#close();
    const place = placeOf(of);
    if (this.#computed.has(place)) throw new UsageError(`The export is damaged: the rows of ${place} are not together. Verify the file as it was sent.`);
    const atMs = Date.parse(of.hour);
    this.#firstMs = Math.min(this.#firstMs, atMs);
    this.#lastMs = Math.max(this.#lastMs, atMs);
    this.#open = { of, place, lines: [] };
  }

  /** The digest of an hour: SHA-256 of the lines `dimension|cause|resource=quantity`, sorted by bytes, hex. */
  #close(): void {
    if (this.#open === undefined) return;
    const { place, lines } = this.#open;
    // The order of code units is that of bytes as long as there are no surrogates, and is found far sooner.
    if (lines.some((line) => /[\ud800-\udfff]/.test(line))) lines.sort(byBytes);
    else lines.sort();
    this.#computed.set(place, createHash('sha256').update(lines.join('\n')).digest('hex'));
    this.#open = undefined;
  }
}
