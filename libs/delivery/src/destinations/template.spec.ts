import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aMessage } from '../testing/calls.js';
import { JsonTemplate, RenderedTooLongError, templateLimits } from './template.js';

const render = (template: unknown, message = aMessage()): unknown => JSON.parse(new JsonTemplate(template).render(message));

describe('a template', () => {
  it('puts fields of the message into texts', () => {
    const message = aMessage({ headers: { customer: 'acme' }, group: 'g1' });
    const template = { text: 'Order {{body.order}} of {{ headers.Customer }} ({{message.key}})', id: '{{message.id}}', at: '{{message.publishedAtMs}}', when: '{{message.publishedAt}}', none: '{{headers.absent}}', fixed: [1, true, null, { a: 'b' }] };
    expect(render(template, message)).toEqual({
      text: 'Order 1 of acme (order.created)', id: 'msg_0000000001a', at: message.publishedAtMs, when: '2026-11-28T12:00:00.000Z', none: null, fixed: [1, true, null, { a: 'b' }],
    });
  });

  it('embeds a JSON body as JSON with its own digits, and any other as text', () => {
    expect(new JsonTemplate({ data: '{{body}}' }).render(aMessage())).toBe('{"data":{"order":1,"total":9.90}}');
    expect(render({ data: '{{body}}' }, aMessage({ contentType: 'text/plain', body: Buffer.from('a "b"') }))).toEqual({ data: 'a "b"' });
    expect(render({ data: '{{body}}' }, aMessage({ contentType: 'image/png', body: Buffer.from([255]) }))).toEqual({ data: '/w==' });
  });

  it('follows paths into the body, own properties only', () => {
    const message = aMessage({ body: Buffer.from('{"a":{"b":[10,{"c":"x"}]},"s":"text"}') });
    expect(render({ one: '{{body.a.b.1.c}}', whole: '{{body.a.b}}', none: '{{body.a.x.y}}', proto: '{{body.__proto__}}', made: '{{body.constructor.name}}', length: '{{body.s.length}}' }, message)).toEqual({
      one: 'x', whole: [10, { c: 'x' }], none: null, proto: null, made: null, length: null,
    });
  });

  it('lets nothing that a message holds leave its text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), (text, body) => {
        const message = aMessage({ key: text, headers: { h: text }, body: Buffer.from(JSON.stringify(body)) });
        expect(render({ a: '{{message.key}}', b: 'x{{headers.h}}y', c: '{{body}}', d: 1 }, message)).toEqual({ a: text, b: `x${text}y`, c: JSON.parse(JSON.stringify(body)), d: 1 });
      }),
    );
  });

  it('carries JSON that is nested too deep as text', () => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    expect(render({ data: '{{body}}' }, aMessage({ body: Buffer.from(deep) }))).toEqual({ data: deep });
  });

  it('stops before it has made much out of a large body', () => {
    const large = aMessage({ body: Buffer.from(JSON.stringify({ a: 'x'.repeat(1_048_576) })) });
    expect(() => new JsonTemplate(Array(64).fill('{{body.a}}')).render(large)).toThrow(RenderedTooLongError);
  });

  const nested = (levels: number): unknown => (levels === 0 ? 'x' : [nested(levels - 1)]);
  it.each([
    ['is missing', undefined], ['has an unknown field', '{{message.secret}}'], ['names the environment', '{{process.env}}'], ['has code', '{{ 1 + 1 }}'],
    ['reaches for a prototype', '{{message.__proto__}}'], ['is too long', 'x'.repeat(templateLimits.bytes)], ['is too deep', nested(20)],
    ['has too many placeholders', Array(65).fill('{{message.id}}')], ['repeats the body too often', Array(5).fill('{{body}}')],
    ['has a path that is too long', `{{body${'.a'.repeat(9)}}}`], ['has an empty step', '{{body.}}'], ['has an empty placeholder', '{{}}'],
  ])('that %s is refused', (_what, template) => {
    expect(() => new JsonTemplate(template)).toThrow(expect.objectContaining({ code: 'setting_invalid' }));
  });
});
