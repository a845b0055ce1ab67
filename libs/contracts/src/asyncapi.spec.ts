import { describe, expect, it } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { asyncApiDocument } from './asyncapi.js';
import { clientFrame, serverFrame } from './stream-frames.js';

interface Described {
  servers: Record<string, { host: string; protocol: string }>;
  channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>;
  operations: Record<string, { action: string; messages: { $ref: string }[] }>;
  components: { messages: Record<string, { payload: { $ref: string } }>; schemas: Record<string, { properties?: Record<string, { const?: string }> }> };
}
const document = asyncApiDocument('https://gateway.example:8443') as unknown as Described & Record<string, unknown>;

/** What a reference points to; undefined when it points nowhere. */
function at(reference: string): unknown {
  const path = reference.replace(/^#\//, '').split('/');
  return path.reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part.replaceAll('~1', '/')], document);
}

describe('the AsyncAPI document of the streams', () => {
  it('has no fault that a linter finds', async () => {
    const config = await createConfig({ extends: ['recommended-strict'] });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    expect(problems.map(({ ruleId, message, location }) => ({ ruleId, message, at: location[0]?.pointer }))).toEqual([]);
  });

  it('is not passed by the linter when a message has no channel field of that kind', async () => {
    const config = await createConfig({ extends: ['recommended-strict'] });
    const broken = structuredClone(document) as unknown as { channels: { socket: Record<string, unknown> } };
    broken.channels.socket['subscribe'] = {};
    expect((await lintFromString({ source: JSON.stringify(broken), config })).length).toBeGreaterThan(0);
  });

  it('has no reference that points nowhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => String(reference));
    expect(references.length).toBeGreaterThan(30);
    expect(references.filter((reference) => at(reference) === undefined)).toEqual([]);
  });

  it('names every frame that either side may send, and nothing else', () => {
    const idsOf = (operation: string) =>
      (document.operations[operation]?.messages ?? []).map(({ $ref }) => (at((at($ref) as { $ref: string }).$ref) as { payload: { $ref: string } }).payload.$ref.split('/').at(-1)).sort();
    expect(idsOf('deliver')).toEqual(serverFrame.options.map((option) => option.meta()?.id).sort());
    expect(idsOf('settle')).toEqual(clientFrame.options.map((option) => option.meta()?.id).sort());
  });

  it('speaks of the server as it is reached', () => {
    expect(document.servers).toMatchObject({ socket: { host: 'gateway.example:8443', protocol: 'wss' }, events: { protocol: 'https' } });
    expect(asyncApiDocument('http://localhost:4000')).toMatchObject({ servers: { socket: { host: 'localhost:4000', protocol: 'ws' } } });
  });
});

describe('a frame of a client', () => {
  it.each([
    ['credit', { action: 'credit', credit: 0 }],
    ['ping', { action: 'ping' }],
    ['settle with every part left out but the receipts', { action: 'settle', id: '1', accept: ['r'] }],
  ])('is taken: %s', (_what, frame) => expect(clientFrame.safeParse(frame).success).toBe(true));

  it.each([
    ['nothing', null],
    ['an unknown action', { action: 'publish' }],
    ['credit below zero', { action: 'credit', credit: -1 }],
    ['credit above the limit', { action: 'credit', credit: 1001 }],
    ['half a credit', { action: 'credit', credit: 0.5 }],
    ['a settle without an id', { action: 'settle', accept: ['r'] }],
    ['a field nobody knows', { action: 'ping', extra: 1 }],
    ['more receipts than a settle call takes', { action: 'settle', id: '1', accept: Array.from({ length: 101 }, () => 'r') }],
  ])('is refused: %s', (_what, frame) => expect(clientFrame.safeParse(frame).success).toBe(false));
});
