export interface Page<T> {
  readonly items: readonly T[];
  /** Continues after this page; null on the last one. */
  readonly next: string | null;
}

/** Every item of a paged list, asked for page by page as they are used up. */
export async function* everyItem<T>(page: (after: string | undefined) => Promise<Page<T>>): AsyncGenerator<T, void, undefined> {
  let after: string | undefined;
  do {
    const { items, next } = await page(after);
    yield* items;
    after = next ?? undefined;
  } while (after !== undefined);
}
