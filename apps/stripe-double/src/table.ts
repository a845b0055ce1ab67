import { invalid, missing } from './stripe-failure.js';

export interface Row {
  readonly id: string;
}

export interface Page<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
}

export interface PageQuery {
  readonly limit: number;
  readonly startingAfter: string | null;
  readonly endingBefore: string | null;
}

/** Rows of one kind, newest first when listed, as Stripe lists them. */
export class Table<T extends Row> {
  readonly #rows = new Map<string, T>();
  #count = 0;

  constructor(
    readonly kind: string,
    private readonly prefix: string,
  ) {}

  newId(): string {
    this.#count += 1;
    return `${this.prefix}_double${String(this.#count).padStart(8, '0')}`;
  }

  add<R extends T>(row: R): R {
    this.#rows.set(row.id, row);
    return row;
  }

  delete(id: string): void {
    this.#rows.delete(id);
  }

  find(id: string): T | undefined {
    return this.#rows.get(id);
  }

  /** Fails with 404 for the id of a path, 400 for one in the parameters. */
  get(id: string, param?: string): T {
    const row = this.#rows.get(id);
    if (!row) throw missing(this.kind, id, param ?? 'id', param === undefined ? 404 : 400);
    return row;
  }

  all(): T[] {
    return [...this.#rows.values()];
  }

  where(fits: (row: T) => boolean): T[] {
    return this.all().filter(fits);
  }

  page(query: PageQuery, fits: (row: T) => boolean = () => true): Page<T> {
    return pageOf(this.where(fits).reverse(), query);
  }
}

/** One page of rows that already stand in their order. */
export function pageOf<T extends Row>(rows: readonly T[], { limit, startingAfter, endingBefore }: PageQuery): Page<T> {
  if (startingAfter !== null) {
    const from = indexOf(rows, startingAfter, 'starting_after') + 1;
    return { data: rows.slice(from, from + limit), has_more: rows.length > from + limit };
  }
  if (endingBefore !== null) {
    const to = indexOf(rows, endingBefore, 'ending_before');
    return { data: rows.slice(Math.max(0, to - limit), to), has_more: to > limit };
  }
  return { data: rows.slice(0, limit), has_more: rows.length > limit };
}

function indexOf(rows: readonly Row[], id: string, param: string): number {
  const index = rows.findIndex((row) => row.id === id);
  if (index < 0) throw invalid(`No such object: '${id}'`, param, 'resource_missing');
  return index;
}
