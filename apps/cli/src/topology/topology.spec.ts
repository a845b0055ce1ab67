import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { topologyText } from './export.js';
import type { LiveTopology } from './live-topology.js';
import { planOf } from './plan.js';
import type { Plan } from './plan.js';
import { planText } from './plan-text.js';
import { parseTopology } from './topology-file.js';
import type { WantedTopology } from './topology-file.js';

const nothing: LiveTopology = { exchanges: {}, queues: {}, bindings: [], schedules: {} };
const file = (text: string) => parseTopology(`waybill: 1\n${text}`, 'topology.yaml');

/** What the namespace has after a plan: a model of what apply does. */
function after(live: LiveTopology, { changes }: Plan): LiveTopology {
  const next = { exchanges: { ...live.exchanges }, queues: { ...live.queues }, bindings: [...live.bindings], schedules: { ...live.schedules } };
  for (const { action, kind, name, wanted, id } of changes) {
    if (kind === 'binding') {
      if (action === 'delete') next.bindings = next.bindings.filter((binding) => binding.id !== id);
      else next.bindings.push({ ...(wanted as LiveTopology['bindings'][number]), id: `b_${name}` });
      continue;
    }
    const room = next[`${kind}s`] as Record<string, unknown>;
    if (action === 'delete') {
      delete room[name];
      next.bindings = next.bindings.filter(({ from, to }) => (kind === 'exchange' ? from !== name && !('exchange' in to && to.exchange === name) : !('queue' in to && to.queue === name)));
    } else room[name] = wanted;
  }
  return next;
}

const names = fc.constantFrom('a', 'b', 'c', 'd');
const queueSettings = fc.record({ leaseSeconds: fc.integer({ min: 0, max: 86_400 }), deliveryLimit: fc.option(fc.integer({ min: 1, max: 1000 })), messageTtlSeconds: fc.option(fc.integer({ min: 1, max: 1000 })), fair: fc.boolean() });
const exchangeSettings = fc.record({ kind: fc.constantFrom('topic', 'direct'), alternate: fc.option(names) });
const bindings = fc.array(fc.record({ from: names, to: fc.record({ queue: names }), pattern: fc.constantFrom('', 'order.#', '*.eu'), weight: fc.integer({ min: 1, max: 3 }) }), { maxLength: 5 });
const topologies = fc.record({ exchanges: fc.dictionary(names, exchangeSettings, { maxKeys: 4 }), queues: fc.dictionary(names, queueSettings, { maxKeys: 4 }), bindings }).map((raw) => {
  const whole = raw.bindings.filter(({ from, to }) => from in raw.exchanges && to.queue in raw.queues);
  return parseTopology(JSON.stringify({ waybill: 1, ...raw, bindings: whole }), 'made');
});

describe('a plan', () => {
  it('that was applied leaves nothing to do, from any state to any other', () => {
    fc.assert(
      fc.property(topologies, topologies, (first, second) => {
        const one = after(nothing, planOf(first, nothing, { prune: true }));
        const wanted = sameKinds(second, one);
        const two = after(one, planOf(wanted, one, { prune: true }));
        expect(planOf(wanted, two, { prune: true }).changes).toEqual([]);
      }),
    );
  });

  it('without prune deletes nothing and names what it leaves', () => {
    fc.assert(
      fc.property(topologies, topologies, (first, second) => {
        const live = after(nothing, planOf(first, nothing, { prune: false }));
        const plan = planOf(second, live, { prune: false });
        expect(plan.changes.filter(({ action }) => action === 'delete')).toEqual([]);
        expect(plan.left.filter(({ kind }) => kind === 'queue').map(({ name }) => name).sort()).toEqual(Object.keys(live.queues).filter((name) => !(name in (second.queues ?? {}))).sort());
      }),
    );
  });

  it('shows what is created, changed and deleted with old and new', () => {
    const live = after(nothing, planOf(file('exchanges:\n  shop: { kind: topic }\nqueues:\n  orders: { leaseSeconds: 60 }\n  old:\nbindings:\n  - { from: shop, to: { queue: orders }, pattern: order.# }\n'), nothing, { prune: false }));
    const plan = planOf(file('exchanges:\n  shop: { kind: topic }\nqueues:\n  orders: { leaseSeconds: 90, dedup: { windowSeconds: 60 } }\n  invoices:\nbindings:\n  - { from: shop, to: { queue: invoices }, pattern: order.paid, weight: 2 }\n'), live, { prune: true });
    expect(planText(plan)).toBe(
      [
        '~ queue orders', '    leaseSeconds: 60 -> 90', '    dedup: null -> {"windowSeconds":60,"by":"id"}', '+ queue invoices', '+ binding shop -> invoices (order.paid, weight 2)', '- binding shop -> orders (order.#)', '- queue old with its messages',
        '2 to create, 1 to change, 2 to delete.',
      ].join('\n'),
    );
  });

  it('creates an alternate before the exchange that names it', () => {
    const plan = planOf(file('exchanges:\n  a: { kind: topic, alternate: b }\n  b: { kind: direct, alternate: c }\n  c: { kind: fanout }\n'), nothing, { prune: false });
    expect(plan.changes.map(({ name }) => name)).toEqual(['c', 'b', 'a']);
  });

  it('of a section that is missing touches nothing of it, not even with prune', () => {
    const live = after(nothing, planOf(file('exchanges:\n  shop: { kind: topic }\nqueues:\n  orders:\n'), nothing, { prune: false }));
    expect(planOf(file('queues:\n  orders:\n'), live, { prune: true })).toMatchObject({ changes: [], left: [] });
  });

  it('refuses to change a kind', () => {
    const live = after(nothing, planOf(file('queues:\n  orders:\n'), nothing, { prune: false }));
    const plan = planOf(file('queues:\n  orders: { kind: fifo }\n'), live, { prune: false });
    expect(plan).toMatchObject({ changes: [], conflicts: [expect.stringContaining('queue orders is standard and cannot become fifo')] });
  });

  it('refuses a binding whose end is missing or about to be deleted', () => {
    const live = after(nothing, planOf(file('exchanges:\n  shop: { kind: topic }\nqueues:\n  orders:\n'), nothing, { prune: false }));
    const wanted = file('queues: {}\nbindings:\n  - { from: shop, to: { queue: orders } }\n  - { from: shop, to: { exchange: none } }\n');
    expect(planOf(wanted, live, { prune: false }).conflicts).toEqual(['binding shop -> exchange none: there would be no exchange none']);
    expect(planOf(wanted, live, { prune: true }).conflicts).toEqual(['binding shop -> orders: there would be no queue orders', 'binding shop -> exchange none: there would be no exchange none']);
  });

  it('compares what the API fills in by kind as equal', () => {
    const wanted = file('exchanges:\n  ring: { kind: consistent-hash }\n  later: { kind: delayed }\n');
    const live = { ...nothing, exchanges: { ring: { kind: 'consistent-hash', alternate: null, hashOn: 'key', delaySeconds: null, routesAs: null }, later: { kind: 'delayed', alternate: null, hashOn: null, delaySeconds: 0, routesAs: 'topic' } } } as LiveTopology;
    expect(planOf(wanted, live, { prune: true }).changes).toEqual([]);
  });
});

/** A kind cannot be changed: what exists keeps its own. */
function sameKinds(wanted: WantedTopology, live: LiveTopology): WantedTopology {
  const exchanges = Object.fromEntries(Object.entries(wanted.exchanges ?? {}).map(([name, settings]) => [name, { ...settings, kind: live.exchanges[name]?.kind ?? settings.kind }]));
  return { ...wanted, exchanges };
}

describe('a topology file', () => {
  it('that was exported reads as what was exported', () => {
    fc.assert(fc.property(topologies, (topology) => expect(parseTopology(topologyText(topology), 'exported')).toEqual(parseTopology(topologyText(parseTopology(topologyText(topology), 'x')), 'y'))));
    fc.assert(
      fc.property(topologies, (topology) => {
        const live = after(nothing, planOf(topology, nothing, { prune: true }));
        expect(planOf(parseTopology(topologyText(live), 'exported'), live, { prune: true })).toMatchObject({ changes: [], left: [] });
      }),
    );
  });

  it('leaves out what equals the defaults', () => {
    expect(topologyText(file('queues:\n  orders: { leaseSeconds: 30, deliveryLimit: 5 }\n'))).toBe('waybill: 1\nqueues:\n  orders:\n    deliveryLimit: 5\n');
  });

  it('may be JSON, and a schedule may have a value as JSON', () => {
    const { schedules } = parseTopology('{"waybill":1,"schedules":{"nightly":{"cron":"0 6 * * *","to":{"exchange":"shop"},"message":{"json":{"a":1},"key":"night"}}}}', 'x.json');
    expect(schedules?.['nightly']).toMatchObject({ timeZone: 'UTC', paused: false, message: { body: '{"a":1}', contentType: 'application/json', key: 'night' } });
  });

  it.each([
    ['no version', 'queues:\n  a:\n', 'waybill: 1'],
    ['a version of the future', 'waybill: 2\n', 'waybill: 1'],
    ['an unknown section', 'waybill: 1\nqueue:\n  a:\n', 'queue'],
    ['an unknown setting', 'waybill: 1\nqueues:\n  a: { leaseSecond: 3 }\n', 'leaseSecond'],
    ['a number out of range', 'waybill: 1\nqueues:\n  a: { leaseSeconds: 999999 }\n', 'queues.a.leaseSeconds'],
    ['a name that does not fit', 'waybill: 1\nqueues:\n  "a b": {}\n', 'a b'],
    ['broken YAML', 'waybill: 1\nqueues: [\n', 'topology.yaml'],
    ['aliases that unfold without end', `waybill: 1\na: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefgh'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[index]}`).join(',')}]`).join('\n')}\n`, 'alias'],
  ])('with %s is refused with its place', (_name, text, told) => {
    expect(() => parseTopology(text, 'topology.yaml')).toThrow(told);
  });
});
