export interface HeaderRow {
  /** Stable while a row is edited, so that the cursor stays where it is. */
  readonly id: number;
  readonly name: string;
  readonly value: string;
}

export function newRow(rows: readonly HeaderRow[]): HeaderRow {
  return { id: Math.max(0, ...rows.map((row) => row.id)) + 1, name: '', value: '' };
}

export function headersOf(rows: readonly HeaderRow[]): Record<string, string> {
  return Object.fromEntries(rows.map(({ name, value }) => [name.trim(), value]));
}

export function headerFaults(rows: readonly HeaderRow[]): string | null {
  const names = rows.map((row) => row.name.trim());
  if (names.includes('')) return 'Give every header a name, or remove it.';
  return new Set(names).size === names.length ? null : 'Two headers have the same name.';
}
