/** What stands in the way of reading on: the text is not JSON, or ends too early. */
export class NoJson extends Error {
  override readonly name = 'NoJson';
}

/** Takes the items of one array, in their order. */
export type TakeItem = (item: unknown, index: number) => void;

/**
 * The members of the one object that is in a JSON text. The items of the arrays that `arrays` names are handed over one by one and not
 * held, so that memory does not grow with them; every other member is answered whole. Fails with `NoJson`.
 */
export async function readMembers(pieces: AsyncIterable<Uint8Array>, arrays: Readonly<Record<string, TakeItem>>): Promise<Record<string, unknown>> {
  const text = new JsonText(pieces);
  const members = new Map<string, unknown>();
  await text.take('{');
  for (let more = !(await text.takeIf('}')); more; more = !(await text.ends('}'))) {
    const name = await text.value();
    if (typeof name !== 'string') throw new NoJson('a member has no name');
    await text.take(':');
    const each = Object.hasOwn(arrays, name) ? arrays[name] : undefined;
    if (each === undefined || !(await text.takeIf('['))) members.set(name, await text.value());
    else await readItems(text, each);
  }
  await text.end();
  return Object.fromEntries(members);
}

async function readItems(text: JsonText, each: TakeItem): Promise<void> {
  let index = 0;
  for (let more = !(await text.takeIf(']')); more; more = !(text.endsNow(']') ?? (await text.ends(']')))) {
    const item = text.valueNow();
    each(item === undefined ? await text.value() : item, index);
    index += 1;
  }
}

const space = /[^ \t\n\r]/g;
const structure = /["{}[\]]/g;
const afterScalar = /[\s,\]}]/g;

/** A text that comes in pieces; it holds what is not read yet of the last ones. */
class JsonText {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #text = '';
  #at = 0;
  #ended = false;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  async take(character: string): Promise<void> {
    if (!(await this.takeIf(character))) throw new NoJson(`${character} is missing`);
  }

  async takeIf(character: string): Promise<boolean> {
    await this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  /** After an item: true at the end of what it stands in, false after a comma. */
  async ends(close: string): Promise<boolean> {
    if (await this.takeIf(close)) return true;
    await this.take(',');
    return false;
  }

  /** Like `ends`; undefined when the next piece is needed, or there is space to skip. */
  endsNow(close: string): boolean | undefined {
    const character = this.#text[this.#at];
    if (character !== close && character !== ',') return undefined;
    this.#at += 1;
    return character === close;
  }

  async value(): Promise<unknown> {
    for (;;) {
      const value = this.valueNow();
      if (value !== undefined) return value;
      if (!(await this.#more())) throw new NoJson('the text ends within a value');
    }
  }

  /** The next value; undefined when it is not whole yet. */
  valueNow(): unknown {
    const from = this.#found(space, this.#at);
    if (from === undefined) return undefined;
    this.#at = from;
    const end = this.#endOfValue();
    if (end === undefined) return undefined;
    this.#at = end;
    try {
      return JSON.parse(this.#text.slice(from, end)) as unknown;
    } catch (cause) {
      throw new NoJson('a value is none', { cause });
    }
  }

  async end(): Promise<void> {
    await this.#skipSpace();
    if (this.#at < this.#text.length) throw new NoJson('something follows');
  }

  #endOfValue(): number | undefined {
    const first = this.#text[this.#at];
    if (first === '"') return this.#endOfString(this.#at);
    if (first !== '{' && first !== '[') return this.#found(afterScalar, this.#at) ?? (this.#ended ? this.#text.length : undefined);
    let depth = 0;
    for (let at: number | undefined = this.#at; (at = this.#found(structure, at)) !== undefined; ) {
      const character = this.#text[at]!;
      if (character === '"') {
        const end = this.#endOfString(at);
        if (end === undefined) return undefined;
        at = end;
        continue;
      }
      at += 1;
      depth += character === '{' || character === '[' ? 1 : -1;
      if (depth === 0) return at;
    }
    return undefined;
  }

  /** A quote after an odd number of backslashes is within the string. */
  #endOfString(start: number): number | undefined {
    for (let at = this.#text.indexOf('"', start + 1); at !== -1; at = this.#text.indexOf('"', at + 1)) {
      let before = at;
      while (this.#text[before - 1] === '\\') before -= 1;
      if ((at - before) % 2 === 0) return at + 1;
    }
    return undefined;
  }

  #found(what: RegExp, from: number): number | undefined {
    what.lastIndex = from;
    return what.exec(this.#text)?.index;
  }

  async #skipSpace(): Promise<void> {
    do {
      this.#at = this.#found(space, this.#at) ?? this.#text.length;
    } while (this.#at === this.#text.length && (await this.#more()));
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const { done, value } = await this.#pieces.next();
    this.#ended = done === true;
    try {
      this.#text = this.#text.slice(this.#at) + (done === true ? this.#decoder.decode() : this.#decoder.decode(value, { stream: true }));
    } catch (cause) {
      throw new NoJson('it is not UTF-8', { cause });
    }
    this.#at = 0;
    return true;
  }
}
