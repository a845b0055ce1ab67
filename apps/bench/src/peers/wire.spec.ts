import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { command, readReply } from './resp-connection.js';
import { occurrences, receiptsIn } from './waybill.js';

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

describe('the answer to a receive', () => {
  it('yields the same receipts as parsing it', () => {
    const message = fc.record({ receipt: fc.stringMatching(/^[\w.-]{1,40}$/), body: fc.stringMatching(/^[\w {}:,.-]{0,60}$/) });
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        expect(receiptsIn(JSON.stringify({ messages }))).toEqual(messages.map(({ receipt }) => receipt));
      }),
    );
  });
});

describe('occurrences', () => {
  it('are counted without overlap', () => {
    expect([occurrences('aaaa', 'aa'), occurrences('', 'a'), occurrences('abcab', 'ab')]).toEqual([2, 0, 2]);
  });
});
