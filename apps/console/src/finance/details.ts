/** What an action left behind, in one line of a table. */
export function detailsOf(after: unknown): string {
  if (after === null || after === undefined) return '–';
  if (typeof after !== 'object') return String(after);
  return Object.entries(after).map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`).join(', ') || '–';
}
