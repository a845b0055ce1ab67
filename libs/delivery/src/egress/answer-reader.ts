import type { IncomingHttpHeaders } from 'node:http';

/** Who is told of an answer, as it comes. */
export interface AnswerSink {
  onHead(status: number, headers: IncomingHttpHeaders): void;
  /** The bytes are good until it returns. */
  onData(chunk: Buffer): void;
}

/** What came is no answer, or none that can be understood in one way only. */
export class AnswerError extends Error {
  constructor(message: string, readonly code = 'EANSWER') {
    super(message);
  }
}

interface Head {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: 'sized' | 'chunked' | 'until_close';
  readonly bodyBytes: number;
  readonly keptMs: number;
}

const mostHeadBytes = 16_384;
const mostLineCharacters = 1_024;
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\0\r\n]*)?$/;
const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\0\r\n]*)$/;
/** RFC 9112 §7.1; extensions say nothing to us. */
const chunkSize = /^([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n$/;
const loneLineFeed = /(?:^|[^\r])\n/;
const headStart = 'HTTP/1.';
const headEnd = Buffer.from('\r\n\r\n');
/** For a server that does not say how long it keeps a connection; for one that keeps it longer; and before it closes it. */
const keptMs = { usual: 10_000, most: 60_000, margin: 2_000 } as const;

/**
 * Reads the answers on one connection, one after the other (RFC 9112). What two readers could understand differently is an
 * error, not a guess: a length given twice or beside a transfer coding, a line that does not end with CR LF, a folded field.
 */
export class AnswerReader {
  #part: 'head' | 'sized' | 'until_close' | 'chunk_size' | 'chunk_end' | 'trailers' = 'head';
  /** Bytes of the body, or of its chunk, that are still to come. */
  #left = 0;
  /** A head, or a line between chunks, that came in pieces. */
  #headSoFar: Buffer | undefined;
  #line = '';
  #trailerCharacters = 0;
  #keptMs = 0;
  /** Within a second, a server answers nearly always with the same head. */
  #before: { readonly text: string; readonly head: Head } | undefined;

  /** How long the connection may be kept after the answer that was read last, ms; 0: not at all. */
  get keptMs(): number {
    return this.#keptMs;
  }

  /** True when the answer is complete. Throws AnswerError. */
  read(bytes: Buffer, sink: AnswerSink): boolean {
    if (this.#part !== 'head') return this.#readBody(bytes, 0, sink);
    const known = this.#headSoFar === undefined ? bytes : Buffer.concat([this.#headSoFar, bytes]);
    this.#headSoFar = undefined;
    for (let at = 0; ; ) {
      const end = known.indexOf(headEnd, at);
      if ((end < 0 ? known.length : end) - at > mostHeadBytes) throw new AnswerError('The head of the answer is too long.');
      if (end < 0) {
        const text = known.toString('latin1', at);
        if (!headStart.startsWith(text.slice(0, headStart.length)) || loneLineFeed.test(text)) throw new AnswerError('The answer is not of HTTP/1.');
        // A copy: the bytes are ours until we return.
        this.#headSoFar = Buffer.from(known.subarray(at));
        return false;
      }
      const head = this.#headOf(known.toString('latin1', at, end));
      at = end + headEnd.length;
      if (head.status < 200) continue;
      sink.onHead(head.status, head.headers);
      this.#keptMs = head.keptMs;
      this.#left = head.bodyBytes;
      this.#part = head.body === 'chunked' ? 'chunk_size' : head.body;
      return this.#readBody(known, at, sink);
    }
  }

  /** The connection ended. True when the answer is complete by that. */
  end(): boolean {
    return this.#part === 'until_close';
  }

  #headOf(text: string): Head {
    if (this.#before?.text === text) return this.#before.head;
    const head = parsed(text);
    this.#before = { text, head };
    return head;
  }

  #readBody(bytes: Buffer, from: number, sink: AnswerSink): boolean {
    if (this.#part === 'chunk_size' || this.#part === 'chunk_end' || this.#part === 'trailers') return this.#readChunks(bytes, from, sink);
    const to = this.#part === 'sized' ? Math.min(bytes.length, from + this.#left) : bytes.length;
    if (to > from) sink.onData(bytes.subarray(from, to));
    if (this.#part === 'until_close') return false;
    this.#left -= to - from;
    return this.#left === 0 && this.#over(to === bytes.length);
  }

  #readChunks(bytes: Buffer, from: number, sink: AnswerSink): boolean {
    for (let at = from; at < bytes.length; ) {
      if (this.#left > 0) {
        const to = Math.min(bytes.length, at + this.#left);
        sink.onData(bytes.subarray(at, to));
        this.#left -= to - at;
        at = to;
        continue;
      }
      const end = bytes.indexOf(0x0a, at) + 1 || bytes.length;
      this.#line += bytes.toString('latin1', at, end);
      at = end;
      if (this.#line.length > mostLineCharacters) throw new AnswerError('A line between chunks is too long.');
      if (this.#line.endsWith('\n') && this.#lineIsLast()) return this.#over(at === bytes.length);
    }
    return false;
  }

  #lineIsLast(): boolean {
    const line = this.#line;
    this.#line = '';
    if (this.#part === 'chunk_size') {
      const size = chunkSize.exec(line)?.[1];
      if (size === undefined) throw new AnswerError('A chunk has no size.');
      this.#left = Number.parseInt(size, 16);
      this.#part = this.#left === 0 ? 'trailers' : 'chunk_end';
      this.#trailerCharacters = 0;
      return false;
    }
    if (this.#part === 'chunk_end') {
      if (line !== '\r\n') throw new AnswerError('A chunk is longer than its size.');
      this.#part = 'chunk_size';
      return false;
    }
    this.#trailerCharacters += line.length;
    if (this.#trailerCharacters > mostHeadBytes) throw new AnswerError('The trailers of the answer are too long.');
    return line === '\r\n';
  }

  /** What comes behind an answer belongs to none. */
  #over(nothingBehind: boolean): boolean {
    this.#part = 'head';
    if (!nothingBehind) this.#keptMs = 0;
    return true;
  }
}

function parsed(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const start = statusLine.exec(first);
  if (start === null) throw new AnswerError('The answer has no status.');
  const status = Number(start[2]);
  if (status === 101) throw new AnswerError('The answer changes the protocol.', 'UND_ERR_SOCKET');
  const headers = Object.create(null) as Record<string, string | string[] | undefined>;
  for (const line of lines) {
    const [, name, value = ''] = field.exec(line) ?? [];
    if (name === undefined) throw new AnswerError('A field of the answer is none.');
    add(headers, name.toLowerCase(), value.trim());
  }
  const tokens = listOf(headers['connection']);
  const wantsToKeep = start[1] === '1' ? !tokens.includes('close') : tokens.includes('keep-alive');
  const { body, bodyBytes, faithful } = bodyOf(status, headers);
  return { status, headers: headers as IncomingHttpHeaders, body, bodyBytes, keptMs: wantsToKeep && faithful ? keptMsOf(headers['keep-alive']) : 0 };
}

function add(headers: Record<string, string | string[] | undefined>, name: string, value: string): void {
  const before = headers[name];
  if (before === undefined) headers[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else headers[name] = [before, value];
}

const listOf = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat().join(',').toLowerCase().split(',').map((token) => token.trim()));

/** RFC 9112 §6.3. `faithful`: whether what follows on the connection can only be the next answer. */
function bodyOf(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): Pick<Head, 'body' | 'bodyBytes'> & { readonly faithful: boolean } {
  const length = headers['content-length'];
  const codings = listOf(headers['transfer-encoding']);
  if (length !== undefined && codings.length > 0) throw new AnswerError('The answer has a length and a transfer coding.');
  if (length !== undefined && (typeof length !== 'string' || !/^\d{1,15}$/.test(length))) throw new AnswerError('The length of the answer is none.');
  const bytes = Number(length ?? 0);
  if (status < 200 || status === 204 || status === 304) return { body: 'sized', bodyBytes: 0, faithful: bytes === 0 && codings.length === 0 };
  if (codings.length === 1 && codings[0] === 'chunked') return { body: 'chunked', bodyBytes: 0, faithful: true };
  if (length === undefined) return { body: 'until_close', bodyBytes: 0, faithful: false };
  return { body: 'sized', bodyBytes: bytes, faithful: true };
}

function keptMsOf(keepAlive: string | string[] | undefined): number {
  const seconds = /(?:^|[,; \t])timeout=(\d{1,6})/i.exec([keepAlive ?? ''].flat().join(','))?.[1];
  return seconds === undefined ? keptMs.usual : Math.max(0, Math.min(keptMs.most, Number(seconds) * 1_000 - keptMs.margin));
}
