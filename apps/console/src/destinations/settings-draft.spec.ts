import { describe, expect, it } from '@jest/globals';
import { labelOf, shapeOf, type JsonSchema } from './json-schema.js';
import { draftFaults, draftOf, fieldAt, fieldPaths, settingsOf } from './settings-draft.js';

/** As zod writes it for settings with everything a destination may ask for. */
const schema: JsonSchema = {
  type: 'object',
  properties: {
    url: { type: 'string', minLength: 1, maxLength: 20 },
    format: { type: 'string', enum: ['raw', 'template'], default: 'raw' },
    headers: { type: 'object', additionalProperties: { type: 'string' }, default: {} },
    to: { type: 'array', items: { type: 'string', pattern: '@' }, minItems: 1 },
    perHour: { type: 'integer', minimum: 1, maximum: 60 },
    strict: { type: 'boolean', default: true },
    abort: { anyOf: [{ type: 'string', pattern: '^[a-z]+$' }, { type: 'null' }], default: 'stop' },
    auth: {
      default: { kind: 'none' },
      oneOf: [
        { type: 'object', properties: { kind: { const: 'none' } }, required: ['kind'] },
        { type: 'object', properties: { kind: { const: 'basic' }, username: { type: 'string' } }, required: ['kind', 'username'] },
      ],
    },
    proxy: { type: 'object', properties: { host: { type: 'string' }, port: { type: 'integer', default: 8080 } }, required: ['host'] },
    template: {},
  },
  required: ['url', 'to'],
};

describe('settings in a form', () => {
  it('start with the defaults of the kind', () => {
    expect(draftOf(schema)).toMatchObject({ url: '', format: 'raw', headers: [], to: [], perHour: '', strict: true, abort: 'stop', auth: { kind: 'none' }, proxy: { host: '', port: 8080 }, template: '' });
  });

  it('come back as they were', () => {
    const settings = {
      url: 'https://a.example', format: 'template', headers: { 'x-a': '1', 'x-b': '' }, to: ['a@b.example'], perHour: 5, strict: false, abort: null,
      auth: { kind: 'basic', username: 'ada' }, proxy: { host: 'p.example', port: 3128 }, template: { text: ['{{body}}', 1, null] },
    };
    expect(settingsOf(schema, draftOf(schema, settings))).toEqual(settings);
  });

  it('leave out what was left empty, and say null where nothing is a value', () => {
    const settings = settingsOf(schema, { ...draftOf(schema), url: ' https://a.example ', to: ['a@b.example'], abort: '' });
    expect(settings).toEqual({ url: 'https://a.example', format: 'raw', headers: {}, to: ['a@b.example'], strict: true, abort: null, auth: { kind: 'none' } });
  });

  it('say every fault at its field before the server has to', () => {
    const draft = draftOf(schema);
    expect(draftFaults(schema, draft)).toEqual({ url: 'Enter a value.', to: 'Enter at least one.' });
    const wrong = { ...draft, url: 'x'.repeat(21), to: ['a@b', 'nobody'], perHour: 1.5, abort: 'NO', auth: { kind: 'basic', username: '' }, proxy: { host: '', port: 1 }, template: '{', headers: [{ id: 1, name: '', value: 'x' }] };
    expect(Object.keys(draftFaults(schema, wrong)).sort()).toEqual(['abort', 'auth.username', 'headers', 'perHour', 'proxy.host', 'template', 'to', 'url']);
    expect(draftFaults(schema, { ...draft, url: 'u', to: ['a@b'], perHour: 61 })).toEqual({ perHour: 'Use at most 60.' });
  });

  it('do not fault a field that nobody sees', () => {
    expect(draftFaults(schema, draftOf(schema), (path) => path !== 'url')).toEqual({ to: 'Enter at least one.' });
  });

  it('know the field an issue of the server is about, or the nearest one', () => {
    const fields = fieldPaths(schema, { ...draftOf(schema), auth: { kind: 'basic', username: '' } });
    expect(fieldAt('headers.x-a', fields)).toBe('headers');
    expect(fieldAt('auth.username', fields)).toBe('auth.username');
    expect(fieldAt('colour', fields)).toBeNull();
    expect(fieldPaths(schema, draftOf(schema))).not.toContain('auth.username');
  });
});

describe('a schema', () => {
  it('that is not understood is edited as JSON', () => {
    expect(shapeOf({}).kind).toBe('json');
    expect(shapeOf({ $ref: '#/$defs/a' } as JsonSchema).kind).toBe('json');
    expect(shapeOf({ anyOf: [{ type: 'string' }, { type: 'number' }] }).kind).toBe('json');
    expect(shapeOf({ type: ['string', 'null'] })).toMatchObject({ kind: 'text', nullable: true });
  });

  it('gives its fields labels', () => {
    expect(['tokenUrl', 'client_id', 'to', 'perHour'].map(labelOf)).toEqual(['Token URL', 'Client id', 'To', 'Per hour']);
  });
});
