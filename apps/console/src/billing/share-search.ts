/** What of a share the address opens: its days, the hours of a day, the messages of an hour. */
export interface ShareSearch {
  readonly of: string;
  readonly resource: string;
  readonly name?: string;
  readonly day?: string;
  readonly hour?: string;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Reads the address; what is missing is empty, and the page then says that there is nothing. */
export function shareSearchOf(search: Record<string, unknown>): ShareSearch {
  const [name, day, hour] = [text(search['name']), text(search['day']), text(search['hour'])];
  return {
    of: text(search['of']) ?? '', resource: text(search['resource']) ?? '',
    ...(name === undefined ? {} : { name }), ...(day === undefined ? {} : { day }), ...(hour === undefined ? {} : { hour }),
  };
}

/** The share alone, without what is open of it. */
export const shareOf = ({ of, resource, name }: ShareSearch): ShareSearch => ({ of, resource, ...(name === undefined ? {} : { name }) });
