/** What a spreadsheet takes for a formula when a cell begins with it (OWASP, CSV injection); a tab or return may hide one. */
const formula = /^[=+\-@\t\r]/;
const number = /^-?\d+(\.\d+)?$/;

/** RFC 4180 with CRLF. No cell is ever a formula: one that would be begins with an apostrophe. Amounts stay numbers. */
export function csvOf(rows: readonly (readonly (string | bigint | number | null)[])[]): string {
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | bigint | number | null): string {
  const text = value === null ? '' : String(value);
  const safe = formula.test(text) && !number.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
