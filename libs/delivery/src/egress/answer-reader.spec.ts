import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AnswerError, AnswerReader } from './answer-reader.js';

interface Seen {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** How many answers were complete, and how long the connection may be kept after the last. */
  readonly complete: number;
  readonly keptMs: number;
}

/** What a reader says of these pieces. */
function seen(pieces: readonly string[], reader = new AnswerReader()): Seen {
  let [status, complete, body]: [number | undefined, number, string] = [undefined, 0, ''];
  let headers: Readonly<Record<string, unknown>> = {};
  const sink = {
    onHead: (said: number, fields: Readonly<Record<string, unknown>>) => {
      [status, headers, body] = [said, { ...fields }, ''];
    },
    onData: (chunk: Buffer) => void (body += chunk.toString('latin1')),
  };
  for (const piece of pieces) if (reader.read(Buffer.from(piece, 'latin1'), sink)) complete += 1;
  return { status, headers, body, complete, keptMs: reader.keptMs };
}

const answers: readonly [string, string, Partial<Seen>][] = [
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Request-Id:  a b \r\n\r\nhello', { status: 200, body: 'hello', complete: 1, keptMs: 10_000, headers: { 'content-length': '5', 'x-request-id': 'a b' } }],
  ['chunks', 'HTTP/1.1 201 Created\r\ntransfer-encoding: Chunked\r\n\r\n5;name=v\r\nhello\r\n00A\r\n, 0123\r\n67\r\n0\r\n\r\n', { status: 201, body: 'hello, 0123\r\n67', complete: 1, keptMs: 10_000 }],
  ['chunks and trailers', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nchecksum: 1\r\n\r\n', { body: 'x', complete: 1, keptMs: 10_000 }],
  ['no body by its status', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, body: '', complete: 1, keptMs: 10_000 }],
  ['no body by its length', 'HTTP/1.1 500 \r\ncontent-length: 0\r\n\r\n', { status: 500, body: '', complete: 1 }],
  ['a status without words', 'HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n', { status: 200, complete: 1 }],
  ['informational ones before it', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 1\r\n\r\nx', { status: 202, body: 'x', complete: 1 }],
  ['the end of the connection', 'HTTP/1.1 200 OK\r\n\r\nall of it', { status: 200, body: 'all of it', complete: 0 }],
  ['another coding, which only the end of the connection ends', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n0\r\n\r\n', { body: '0\r\n\r\n', complete: 0 }],
  ['a field that comes twice', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nvia: a\r\nVia: b\r\n\r\n', { headers: { 'content-length': '0', via: ['a', 'b'] } }],
];

describe('an answer', () => {
  it.each(answers)('with %s is understood', (_what, text, expected) => expect(seen([text])).toMatchObject(expected));

  it.each(answers)('with %s is the same in whatever pieces it comes', (_what, text) => {
    const whole = seen([text]);
    expect(seen([...text])).toEqual(whole);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(text.length)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        expect(seen(at.slice(1).map((end, i) => text.slice(at[i], end)))).toEqual(whole);
      }),
    );
  });

  it('is read after another one, with the same head or another', () => {
    const reader = new AnswerReader();
    for (const [, text, expected] of answers.slice(0, 5)) for (let i = 0; i < 2; i += 1) expect(seen([text], reader)).toMatchObject(expected);
  });

  it('without a length is complete when the connection ends, and one with a length is not', () => {
    for (const [text, complete] of [['HTTP/1.1 200 OK\r\n\r\nall', true], ['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nall', false], ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nall\r\n', false], ['HTTP/1.1 200', false]] as const) {
      const reader = new AnswerReader();
      seen([text], reader);
      expect([text, reader.end()]).toEqual([text, complete]);
    }
  });

  it.each([
    ['a server that closes it', 'HTTP/1.1 200 OK\r\nconnection: Close\r\ncontent-length: 0\r\n\r\n', 0],
    ['a server that says so among others', 'HTTP/1.1 200 OK\r\nconnection: x, close\r\ncontent-length: 0\r\n\r\n', 0],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', 0],
    ['HTTP/1.0 that keeps it', 'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n', 10_000],
    ['bytes behind an answer', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxy', 0],
    ['bytes behind the last chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nHTTP', 0],
    ['a body that its status does not have', 'HTTP/1.1 204 No Content\r\ncontent-length: 3\r\n\r\n', 0],
    ['five seconds', 'HTTP/1.1 200 OK\r\nkeep-alive: timeout=5, max=100\r\ncontent-length: 0\r\n\r\n', 3_000],
    ['an hour', 'HTTP/1.1 200 OK\r\nkeep-alive: max=100, timeout=3600\r\ncontent-length: 0\r\n\r\n', 60_000],
    ['a second', 'HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 0\r\n\r\n', 0],
  ])('tells how long the connection is good: %s', (_what, text, keptMs) => expect(seen([text])).toMatchObject({ complete: 1, keptMs }));

  it.each([
    ['is of another protocol', '220 mail.example ESMTP\r\n'],
    ['is of another version', 'HTTP/2 200\r\n\r\n'],
    ['has no status', 'HTTP/1.1 OK\r\n\r\n'],
    ['has a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['has a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['ends its lines with LF alone', 'HTTP/1.1 200 OK\ncontent-length: 0\n\r\n\r\n'],
    ['ends all its lines so', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n'],
    ['has a field with CR inside', 'HTTP/1.1 200 OK\r\na: b\rc\r\n\r\n'],
    ['has a field with NUL inside', 'HTTP/1.1 200 OK\r\na: b\0c\r\n\r\n'],
    ['folds a field', 'HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n'],
    ['has a space before the colon', 'HTTP/1.1 200 OK\r\ncontent-length : 3\r\n\r\n'],
    ['has a field without a name', 'HTTP/1.1 200 OK\r\n: 3\r\n\r\n'],
    ['has two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 3\r\n\r\n'],
    ['has a list of lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 3, 3\r\n\r\n'],
    ['has a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -3\r\n\r\n'],
    ['has a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['has a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\n'],
    ['has a chunk with a signed size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n+5\r\nhello\r\n'],
    ['has a chunk longer than its size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nhello\r\n'],
    ['has a chunk of too many bytes to count', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n100000000\r\n'],
    ['has an endless line between chunks', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;${'a'.repeat(2_000)}`],
    ['has endless trailers', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${'a: b\r\n'.repeat(4_000)}`],
    ['has an endless head', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(20_000)}`],
    ['has a long head', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(20_000)}\r\n\r\n`],
    ['changes the protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
  ])('that %s is an error, in one piece and letter by letter', (_what, text) => {
    expect(() => seen([text])).toThrow();
    expect(() => seen([...text])).toThrow();
  });

  it('is never more than an error, whatever comes', () => {
    const part = fc.oneof(fc.constantFrom('HTTP/1.1 ', '200', ' OK', '\r\n', '\r\n\r\n', '\n', 'content-length: ', 'transfer-encoding: chunked', '5', '0', ';', ':', ' '), fc.string());
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        try {
          seen([`HTTP/1.1 ${parts.join('')}`]);
        } catch (error) {
          expect(error).toBeInstanceOf(AnswerError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
