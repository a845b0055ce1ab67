import { count } from './export-file.js';
import type { DigestView, RowView } from './export-file.js';
import { placeOf } from './hours.js';
import { diagnostic } from './usage.js';

/** Where the ledger and the second count part; at most so many are named. */
const mostNamed = 1_000;

export interface CountDifference {
  /** Hour, and queue, exchange or subscription. */
  readonly where: string;
  readonly dimension: string;
  readonly ledger: bigint;
  readonly counted: bigint;
}

export interface CountsCompared {
  readonly differences: readonly CountDifference[];
  /** With those that are not named. */
  readonly differing: number;
  /** Rows with a second count of their own, and rows that only the sum of their hour has. */
  readonly rows: number;
  readonly summedRows: number;
  /** Rows without, by dimension. */
  readonly without: ReadonlyMap<string, number>;
  /** Hours that had not been counted again when the export was made. */
  readonly hoursWaiting: number;
}

/** Of a dimension in an hour: what the ledger has in rows without a second count of their own, and how many they are. None, where each row has one. */
interface HourSum {
  ledger: bigint;
  rows: number;
}

/** The ledger beside what the message log and the recorded calls were counted to. Sums of hours that have no count of each row are held; rows are not. */
export class SecondCounts {
  readonly #differences: CountDifference[] = [];
  readonly #sums = new Map<string, Map<string, HourSum>>();
  readonly #stated = new Map<string, Readonly<Record<string, string>> | null>();
  #open: { readonly of: RowView; readonly sums: Map<string, HourSum> } | undefined;
  #differing = 0;
  #rows = 0;

  addDigest({ secondCount, ...of }: DigestView): void {
    this.#stated.set(placeOf(of), secondCount?.units ?? null);
  }

  addRow(row: RowView): void {
    const { dimension, cause, resourceId } = row;
    const at = `${dimension} at ${row.hour}`;
    const ledger = (row.quantity === null ? 0n : count(row.quantity, `the quantity of ${at}`)) + (row.late === undefined ? 0n : count(row.late, `what came late of ${at}`));
    const sums = this.#sumsOf(row);
    const sum = sums.get(dimension) ?? { ledger: 0n, rows: 0 };
    sums.set(dimension, sum);
    if (row.counted !== undefined) {
      this.#rows += 1;
      const counted = count(row.counted, `the second count of ${at}`);
      if (ledger !== counted) this.#note({ where: `${placeOf(row)} ${resourceId} (${cause})`, dimension, ledger, counted });
      return;
    }
    sum.ledger += ledger;
    sum.rows += 1;
  }

  compared(): CountsCompared {
    const without = new Map<string, number>();
    let summedRows = 0;
    for (const [place, sums] of this.#sums) {
      for (const [dimension, { ledger, rows }] of sums) {
        if (rows === 0 || diagnostic.has(dimension)) continue;
        const counted = this.#stated.get(place)?.[dimension];
        if (counted === undefined) without.set(dimension, (without.get(dimension) ?? 0) + rows);
        else {
          summedRows += rows;
          this.#compareHour(place, dimension, ledger, counted);
        }
      }
    }
    for (const [place, units] of this.#stated) {
      for (const [dimension, counted] of Object.entries(units ?? {})) {
        // Of this the ledger has no row at all.
        if (!this.#sums.get(place)?.has(dimension) && !diagnostic.has(dimension)) this.#compareHour(place, dimension, 0n, counted);
      }
    }
    const hoursWaiting = [...this.#stated.values()].filter((units) => units === null).length;
    return { differences: this.#differences, differing: this.#differing, rows: this.#rows, summedRows, without, hoursWaiting };
  }

  #compareHour(place: string, dimension: string, ledger: bigint, stated: string): void {
    const counted = count(stated, `the second count of ${dimension} in ${place}`);
    if (ledger !== counted) this.#note({ where: `${place} all`, dimension, ledger, counted });
  }

  /** Rows of an hour follow each other: its name is made once. */
  #sumsOf(row: RowView): Map<string, HourSum> {
    if (this.#open?.of.hour === row.hour && this.#open.of.namespaceId === row.namespaceId) return this.#open.sums;
    const place = placeOf(row);
    const sums = this.#sums.get(place) ?? new Map<string, HourSum>();
    this.#sums.set(place, sums);
    this.#open = { of: row, sums };
    return sums;
  }

  #note(found: CountDifference): void {
    this.#differing += 1;
    if (this.#differences.length < mostNamed) this.#differences.push(found);
  }
}
