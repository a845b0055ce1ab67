import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { command, readReply } from './resp-connection.js';
import { occurrences } from './waybill.js';
import { cborHead, cborWire, jsonWire } from './wire.js';

describe('a reply of Redis', () => {
  it.each([
    { text: ':42\r\n', reply: 42 },
    { text: '$3\r\nabc\r\n', reply: 'abc' },
    { text: '$-1\r\n', reply: '' },
    { text: '+OK\r\n', reply: '+OK' },
    { text: '-ERR no\r\n', reply: '-ERR no' },
    { text: '*-1\r\n', reply: { values: 0 } },
    { text: '*2\r\n$1\r\nq\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n', reply: { values: 3 } },
  ])('$text is read whole', ({ text, reply }) => {
    expect(readReply(text, 0)).toEqual({ reply, end: text.length });
  });

  it('is not read before its last byte is there', () => {
    const text = '*2\r\n$1\r\nq\r\n*2\r\n$1\r\na\r\n$10\r\n0123456789\r\n';
    for (let length = 0; length < text.length; length += 1) expect(readReply(text.slice(0, length), 0)).toBeUndefined();
  });

  it('begins where the last one ended', () => {
    expect(readReply(':1\r\n:2\r\n', 4)).toEqual({ reply: 2, end: 8 });
  });
});

describe('a command for Redis', () => {
  it('counts bytes, not characters', () => {
    expect(command('SET', 'é', 1).toString()).toBe('*3\r\n$3\r\nSET\r\n$2\r\né\r\n$1\r\n1\r\n');
  });
});

const text = (value: string) => cborHead(3, value.length) + value;
const cborAnswer = (messages: readonly { receipt: string; body: string }[], accepted?: number) =>
  cborHead(5, accepted === undefined ? 1 : 2) + (accepted === undefined ? '' : text('accepted') + cborHead(0, accepted)) + text('messages') + cborHead(4, messages.length) +
  messages.map(({ receipt, body }) => cborHead(5, 2) + text('receipt') + text(receipt) + text('body') + cborHead(2, body.length) + body).join('');

describe('the answer to a receive', () => {
  const message = fc.record({ receipt: fc.stringMatching(/^[\w.-]{1,40}$/), body: fc.stringMatching(/^[\w {}:,.-]{0,400}$/) });
  it.each([['JSON', jsonWire], ['CBOR', cborWire]] as const)('yields the same receipts and bodies as parsing it, in %s', (format, wire) => {
    fc.assert(
      fc.property(fc.array(message), fc.option(fc.nat(999), { nil: undefined }), (messages, accepted) => {
        const answer = format === 'CBOR' ? cborAnswer(messages, accepted) : JSON.stringify({ messages, accepted });
        expect(wire.receiptsIn(answer)).toEqual(messages.map(({ receipt }) => receipt));
        expect(wire.bodiesIn(answer)).toEqual(messages.map(({ body }) => body));
        expect(wire.acceptedIn(answer)).toBe(accepted ?? 0);
      }),
    );
  });
});

describe('a batch', () => {
  it('says the same in JSON and in CBOR', () => {
    const body = 'x'.repeat(300);
    const json = JSON.parse(jsonWire.batch(body, 3).toString()) as { messages: unknown[] };
    expect(json.messages).toEqual(Array(3).fill({ body, contentType: 'text/plain' }));
    expect(cborWire.batch('abc', 2).toString('hex')).toBe(Buffer.from('\xa1\x68messages\x82' + '\xa2\x64body\x43abc\x6bcontentType\x6atext/plain'.repeat(2), 'latin1').toString('hex'));
    expect(cborWire.batch(body, 3).toString('latin1').split(body)).toHaveLength(4);
  });
});

describe('occurrences', () => {
  it('are counted without overlap', () => {
    expect([occurrences('aaaa', 'aa'), occurrences('', 'a'), occurrences('abcab', 'ab')]).toEqual([2, 0, 2]);
  });
});
