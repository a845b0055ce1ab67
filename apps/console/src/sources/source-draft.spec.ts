import { describe, expect, it } from '@jest/globals';
import { sourceScheme, type Source, type SourceScheme } from '@waybill/contracts';
import { shapeOf } from '../destinations/json-schema.js';
import { draftOf } from '../destinations/settings-draft.js';
import { schemeSchema, usualKeys } from './scheme.js';
import { draftOfSource, newSource, sourceBody, sourceFaults, withSettings } from './source-draft.js';

const at = '2026-03-10T00:00:00Z';
const source = (scheme: SourceScheme): Source => ({ id: 'src_1', name: 'in', description: 'd', url: 'https://x', exchange: 'events', key: 'a.{{body:type}}', scheme, keepHeaders: ['x-a'], paused: false, secrets: [], createdAt: at, changedAt: at });
const schemes: SourceScheme[] = [
  { kind: 'standard', toleranceSeconds: 60 },
  { kind: 'github' },
  { kind: 'stripe', toleranceSeconds: 300 },
  { kind: 'hmac', header: 'x-sig', prefix: 'sha256=', encoding: 'base64', algorithm: 'sha512', timestampHeader: 'x-time', toleranceSeconds: 10, idHeader: 'x-id' },
];

describe('the form of a source', () => {
  it('has every scheme of the contract, with every field, and no other', () => {
    const shape = shapeOf(schemeSchema.properties!['scheme']!);
    const forms = shape.kind === 'variants' ? shape.variants.map(({ value, schema }) => [value, Object.keys(schema.properties!).sort()]) : [];
    expect(forms).toEqual(sourceScheme.options.map((option) => [option.shape.kind.value, Object.keys(option.shape).sort()]));
  });

  it.each(schemes)('keeps the settings of $kind', (scheme) => {
    const body = sourceBody(draftOfSource(source(scheme)), true);
    expect(body).toEqual({ scheme, exchange: 'events', key: 'a.{{body:type}}', description: 'd', keepHeaders: ['x-a'], paused: true });
    expect(sourceScheme.parse(body.scheme)).toEqual(scheme);
  });

  it('brings the usual routing key of the sender along, and never overwrites one', () => {
    const github = draftOf(schemeSchema, { scheme: { kind: 'github' } });
    expect(withSettings(newSource(), github).key).toBe(usualKeys.github);
    expect(withSettings({ ...newSource(), key: 'mine' }, github).key).toBe('mine');
  });

  it('asks for a secret where none can be made', () => {
    const draft = { ...newSource(), exchange: 'events' };
    expect(sourceFaults(draft, true)).toEqual({});
    const github = withSettings(draft, draftOf(schemeSchema, { scheme: { kind: 'github' } }));
    expect(Object.keys(sourceFaults(github, true))).toEqual(['secret']);
    expect(sourceFaults(github, false)).toEqual({});
    expect(sourceFaults({ ...github, secret: 'short' }, true)).toEqual({ secret: 'A secret has at least 8 characters.' });
    expect(Object.keys(sourceFaults({ ...newSource(), key: ' ', settings: draftOf(schemeSchema, { scheme: { kind: 'hmac' } }) }, false)).sort()).toEqual(['exchange', 'key', 'scheme.header']);
  });
});
