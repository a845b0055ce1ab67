/** What a command writes to and reads from. */
export interface Terminal {
  write(text: string): void;
  /** For what is not the result: questions, notes, errors. */
  note(text: string): void;
  /** The standard input, as it comes. */
  input(): AsyncIterable<Uint8Array>;
  /** A line typed by a person; undefined when nobody is there. `hidden`: not shown while it is typed. */
  ask(question: string, hidden?: boolean): Promise<string | undefined>;
}

/** Results for people, or with --json for scripts: one JSON document, or one per line where there are many. */
export class Output {
  constructor(private readonly terminal: Terminal, readonly asJson: boolean) {}

  /** One result. */
  show(value: unknown, human: string): void {
    this.terminal.write(`${this.asJson ? JSON.stringify(value) : human}\n`);
  }

  /** Many results with the same columns. */
  async list<T>(items: AsyncIterable<T> | Iterable<T>, columns: Record<string, (item: T) => unknown>, whenEmpty: string): Promise<void> {
    const rows: string[][] = [];
    for await (const item of items) {
      if (this.asJson) this.terminal.write(`${JSON.stringify(item)}\n`);
      else rows.push(Object.values(columns).map((column) => cell(column(item))));
    }
    if (this.asJson) return;
    this.terminal.write(rows.length === 0 ? `${whenEmpty}\n` : table(Object.keys(columns), rows));
  }

  note(text: string): void {
    this.terminal.note(`${text}\n`);
  }
}

const cell = (value: unknown): string => printable(value === null || value === undefined || value === '' ? '-' : String(value));

/** What comes from messages cannot move the cursor or change colours. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (character) => (character === '\n' || character === '\t' ? character : '\uFFFD'));
}

/** Columns as wide as their widest cell. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heads, ...rows.map((row) => row.map((text) => text.replace(/\s+/g, ' ')))];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => `${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`).join('');
}

/** Settings as `name  value` lines. */
export function facts(value: Readonly<Record<string, unknown>>): string {
  const known = Object.entries(value).filter(([, one]) => one !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, one]) => `${name.padEnd(width)}  ${typeof one === 'object' && one !== null ? JSON.stringify(one) : cell(one)}`).join('\n');
}
