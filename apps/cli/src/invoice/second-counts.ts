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
    if (row.counted !== undefined) {
      this.#rows += 1;
      const counted = count(row.counted, `the second count of ${at}`);
      if (ledger !== counted) this.#note({ where: `${placeOf(row)} ${resourceId} (${cause})`, dimension, ledger, counted });
      return;
    }
    if (diagnostic.has(dimension)) return;
    const sums = this.#sumsOf(row);
    const sum = sums.get(dimension) ?? { ledger: 0n, rows: 0 };
    sum.ledger += ledger;
    sum.rows += 1;
    sums.set(dimension, sum);
  }

  compared(): CountsCompared {
    const without = new Map<string, number>();
    let summedRows = 0;
    for (const [place, sums] of this.#sums) {
      for (const [dimension, { ledger, rows }] of sums) {
        const counted = this.#stated.get(place)?.[dimension];
        if (counted === undefined) without.set(dimension, (without.get(dimension) ?? 0) + rows);
        else {
          summedRows += rows;
          const units = count(counted, `the second count of ${dimension} in ${place}`);
          if (ledger !== units) this.#note({ where: `${place} all`, dimension, ledger, counted: units });
        }
      }
    }
    const hoursWaiting = [...this.#stated.values()].filter((units) => units === null).length;
    return { differences: this.#differences, differing: this.#differing, rows: this.#rows, summedRows, without, hoursWaiting };
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
