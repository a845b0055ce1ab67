import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { topologyText } from '../topology/export.js';
import { parseTopology } from '../topology/topology-file.js';
import { convert } from './convert.js';
import { parseDefinitions } from './definitions.js';

const from = (definitions: object, vhost = '/') => convert(parseDefinitions(JSON.stringify(definitions), 'd.json'), vhost);
const queue = (name: string, args: Record<string, unknown> = {}, more: object = {}) => ({ name, vhost: '/', durable: true, auto_delete: false, arguments: args, ...more });
const exchange = (name: string, type: string, args: Record<string, unknown> = {}, more: object = {}) => ({ name, vhost: '/', type, durable: true, auto_delete: false, internal: false, arguments: args, ...more });
const binding = (source: string, destination: string, key = '', args: Record<string, unknown> = {}, type = 'queue') => ({ source, vhost: '/', destination, destination_type: type, routing_key: key, arguments: args });

describe('queues of RabbitMQ', () => {
  it('keep what their arguments say', () => {
    const { topology, notes } = from({
      exchanges: [exchange('dlx', 'direct')],
      queues: [queue('orders', { 'x-message-ttl': 60_500, 'x-max-length': 1000, 'x-max-length-bytes': 100_000, 'x-overflow': 'reject-publish', 'x-dead-letter-exchange': 'dlx', 'x-dead-letter-routing-key': 'dead', 'x-max-priority': 9, 'x-single-active-consumer': true, 'x-expires': 3_600_000, 'x-queue-type': 'classic', 'x-queue-mode': 'lazy' })],
    });
    expect(topology.queues?.['orders']).toMatchObject({
      kind: 'priority', messageTtlSeconds: 61, maxMessages: 1000, maxBytes: 100_000, overflow: 'reject', deadLetterExchange: 'dlx', deadLetterKey: 'dead', singleActiveConsumer: true, deleteWhenIdleSeconds: 3600, deliveryLimit: null,
    });
    expect(notes).toEqual([expect.stringContaining('x-message-ttl in seconds 60.5 becomes 61')]);
  });

  it('take what they do not say themselves from the policy of highest priority that fits', () => {
    const { topology } = from({
      queues: [queue('orders.eu', { 'x-message-ttl': 5000 }), queue('other')],
      policies: [
        { name: 'low', vhost: '/', pattern: '^orders', 'apply-to': 'all', definition: { 'max-length': 1, 'message-ttl': 9000 }, priority: 0 },
        { name: 'high', vhost: '/', pattern: '^orders\\.', 'apply-to': 'queues', definition: { 'max-length': 50, 'message-ttl': 9000, overflow: 'drop-head' }, priority: 5 },
        { name: 'exchanges', vhost: '/', pattern: '.*', 'apply-to': 'exchanges', definition: { 'max-length': 7 }, priority: 9 },
      ],
    });
    expect(topology.queues?.['orders.eu']).toMatchObject({ maxMessages: 50, messageTtlSeconds: 5, overflow: 'drop-oldest-to-dead-letters' });
    expect(topology.queues?.['other']).toMatchObject({ maxMessages: null });
  });

  it('of kind quorum have their delivery limit', () => {
    const { topology } = from({ queues: [queue('a', { 'x-queue-type': 'quorum' }), queue('b', { 'x-queue-type': 'quorum', 'x-delivery-limit': 5 })] });
    expect(topology.queues).toMatchObject({ a: { deliveryLimit: 20 }, b: { deliveryLimit: 5 } });
  });

  it('send dead letters through an exchange of their own when RabbitMQ used the default one', () => {
    const { topology, notes } = from({ queues: [queue('work', { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'work.dead' }), queue('work.dead')] });
    expect(topology.queues?.['work']).toMatchObject({ deadLetterExchange: 'dead-letters-to-queues', deadLetterKey: 'work.dead' });
    expect(topology.exchanges?.['dead-letters-to-queues']).toMatchObject({ kind: 'direct' });
    expect(topology.bindings).toMatchObject([{ from: 'dead-letters-to-queues', to: { queue: 'work.dead' }, pattern: 'work.dead' }]);
    expect(notes).toEqual([expect.stringContaining('through the new exchange')]);
  });

  it.each([
    ['a stream', queue('s', { 'x-queue-type': 'stream' }), 'a stream can be read again'],
    ['auto-delete', queue('s', {}, { auto_delete: true }), 'auto_delete'],
    ['a priority above 9', queue('s', { 'x-max-priority': 255 }), 'x-max-priority 255'],
    ['a dead-letter exchange that does not exist', queue('s', { 'x-dead-letter-exchange': 'gone' }), 'gone does not exist'],
    ['an unknown argument', queue('s', { 'x-odd': 1 }), 'x-odd has no counterpart'],
    ['a short life', queue('s', { 'x-expires': 1000 }), 'becomes 60'],
    ['a number that is none', queue('s', { 'x-max-length': 'many' }), 'x-max-length is no number'],
    ['a name with a colon', queue('a:b'), 'queue a:b: is called a-b here'],
    ['a reserved name', queue('reply.x'), 'is called q.reply.x here'],
  ])('with %s say so', (_name, one, told) => {
    expect(from({ queues: [one] }).notes.join('\n')).toContain(told);
  });
});

describe('exchanges and bindings of RabbitMQ', () => {
  it('keep kind, alternate, patterns, headers and weights', () => {
    const { topology, notes } = from({
      exchanges: [exchange('shop', 'topic', { 'alternate-exchange': 'unrouted' }), exchange('unrouted', 'fanout'), exchange('by-header', 'headers'), exchange('ring', 'x-consistent-hash', { 'hash-header': 'Customer' }), exchange('later', 'x-delayed-message', { 'x-delayed-type': 'direct' })],
      queues: [queue('q')],
      bindings: [
        binding('', 'q', 'q'), binding('shop', 'q', 'order.#'), binding('unrouted', 'q', 'ignored'), binding('by-header', 'q', '', { 'x-match': 'any', Region: 'eu', count: 3, 'x-internal': 'y' }),
        binding('ring', 'q', '10'), binding('later', 'q', 'k'), binding('shop', 'unrouted', 'x.*', {}, 'exchange'),
      ],
    });
    expect(topology.exchanges).toMatchObject({ shop: { kind: 'topic', alternate: 'unrouted' }, unrouted: { kind: 'fanout' }, 'by-header': { kind: 'headers' }, ring: { kind: 'consistent-hash', hashOn: { header: 'customer' } }, later: { kind: 'delayed', routesAs: 'direct' } });
    expect(topology.bindings).toMatchObject([
      { from: 'shop', to: { queue: 'q' }, pattern: 'order.#' }, { from: 'unrouted', to: { queue: 'q' }, pattern: '' }, { from: 'by-header', headers: { region: 'eu', count: '3' }, match: 'any' },
      { from: 'ring', weight: 10, pattern: '' }, { from: 'later', pattern: 'k' }, { from: 'shop', to: { exchange: 'unrouted' }, pattern: 'x.*' },
    ]);
    expect(notes).toEqual([expect.stringContaining('x-delay is read from the header')]);
  });

  it('take along what RabbitMQ made by itself only when it is used', () => {
    const { topology } = from({ exchanges: [exchange('amq.fanout', 'fanout')], queues: [queue('q')], bindings: [binding('amq.topic', 'q', 'a.b')] });
    expect(Object.keys(topology.exchanges ?? {})).toEqual(['amq.topic']);
  });

  it('of a type without a counterpart are left out with their bindings', () => {
    const { topology, notes } = from({ exchanges: [exchange('lucky', 'x-random')], queues: [queue('q')], bindings: [binding('lucky', 'q')] });
    expect(topology.bindings).toEqual([]);
    expect(notes).toEqual([expect.stringContaining('type x-random has no counterpart'), expect.stringContaining('binding lucky -> q: left out')]);
  });
});

describe('an import', () => {
  it('reads one virtual host and names the others, users and parameters', () => {
    const { topology, notes } = from({ users: [{ name: 'guest' }], parameters: [{ component: 'shovel', name: 's1' }], queues: [queue('a'), queue('b', {}, { vhost: 'other' })] });
    expect(Object.keys(topology.queues ?? {})).toEqual(['a']);
    expect(notes).toEqual([expect.stringContaining('API keys'), expect.stringContaining('shovel s1'), expect.stringContaining('virtual host other')]);
  });

  it('gives names that differ different names, and a file that reads again', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), { maxLength: 12 }), (names) => {
        const { topology } = from({ queues: names.map((name) => queue(name)) });
        expect(Object.keys(topology.queues ?? {})).toHaveLength(names.length);
        expect(parseTopology(topologyText(topology), 'made').queues).toEqual(topology.queues);
      }),
    );
  });

  it.each([['not JSON', '{'], ['something else', '{"queues": [{"name": 3}]}']])('of %s is refused', (_name, text) => {
    expect(() => parseDefinitions(text, 'd.json')).toThrow('d.json');
  });
});
