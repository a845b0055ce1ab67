/** What an action left behind, in one line of a table. */
export function detailsOf(after: unknown): string {
  if (after === null || after === undefined) return '–';
  if (typeof after !== 'object') return String(after);
  return Object.entries(after).map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`).join(', ') || '–';
}

/** The details of an entry of the history without who had asked for it, which the table shows as a person. */
export function eventDetails({ after, requestedBy }: { readonly after: unknown; readonly requestedBy: unknown }): string {
  if (requestedBy === null || after === null || typeof after !== 'object') return detailsOf(after);
  return detailsOf(Object.fromEntries(Object.entries(after).filter(([name]) => name !== 'requestedBy')));
}
