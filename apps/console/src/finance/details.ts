/** What an action left behind, in one line of a table; `hidden` are names the table shows elsewhere. */
export function detailsOf(after: unknown, hidden: readonly string[] = []): string {
  if (after === null || after === undefined) return '–';
  if (typeof after !== 'object') return String(after);
  return Object.entries(after).filter(([name]) => !hidden.includes(name)).map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`).join(', ') || '–';
}
