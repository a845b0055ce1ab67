import { bindingInput, exchangeInput, queueInput } from '@waybill/contracts';
import type { LiveTopology } from './live-topology.js';
import type { WantedBinding, WantedTopology } from './topology-file.js';

export type Kind = 'exchange' | 'queue' | 'binding' | 'schedule';

export interface SettingChange {
  readonly setting: string;
  /** Undefined when it is created. */
  readonly old?: unknown;
  readonly new: unknown;
}

export interface Change {
  readonly action: 'create' | 'change' | 'delete';
  readonly kind: Kind;
  /** Of a binding: how it reads. */
  readonly name: string;
  /** What differs: from the defaults when it is created, from what is there when it is changed. */
  readonly settings: readonly SettingChange[];
  /** All settings, as the API takes them. */
  readonly wanted?: object;
  /** Of a binding that is deleted. */
  readonly id?: string;
}

export interface Plan {
  readonly changes: readonly Change[];
  /** What is there and not in the file, and stays. */
  readonly left: readonly { readonly kind: Kind; readonly name: string }[];
  /** What cannot be done: a kind cannot be changed, a binding needs both its ends. */
  readonly conflicts: readonly string[];
}

type Settings = Readonly<Record<string, unknown>>;

const defaultsOf: Record<Exclude<Kind, 'binding'>, (wanted: Settings) => Settings> = {
  queue: () => queueInput.parse({}),
  exchange: ({ kind }) => ({ ...exchangeInput.parse({ kind }), kind: undefined }),
  schedule: () => ({ timeZone: 'UTC', paused: false }),
};

/**
 * What it takes to make what is there into what is wanted. Deletes only with `prune`, and only of sections that the
 * file has. Nothing to do is an empty list: applying a plan twice does nothing the second time.
 */
export function planOf(wanted: WantedTopology, live: LiveTopology, { prune }: { readonly prune: boolean }): Plan {
  const changes: Change[] = [];
  const left: { kind: Kind; name: string }[] = [];
  const conflicts: string[] = [];
  const named = (kind: Exclude<Kind, 'binding'>, want: Readonly<Record<string, object>> | undefined, have: Readonly<Record<string, object>>) => {
    if (want === undefined) return;
    for (const [name, settings] of Object.entries(want)) {
      const there = have[name] as Settings | undefined;
      const is = settings as Settings;
      if (there === undefined) changes.push({ action: 'create', kind, name, settings: differing(defaultsOf[kind](is), is).map(({ setting, new: value }) => ({ setting, new: value })), wanted: settings });
      else if (kind !== 'schedule' && there['kind'] !== is['kind']) conflicts.push(`${kind} ${name} is ${String(there['kind'])} and cannot become ${String(is['kind'])}: delete it first or choose another name`);
      else if (differing(there, is).length > 0) changes.push({ action: 'change', kind, name, settings: differing(there, is), wanted: settings });
    }
    for (const name of Object.keys(have).filter((one) => !(one in want))) {
      if (prune) changes.push({ action: 'delete', kind, name, settings: [] });
      else left.push({ kind, name });
    }
  };
  named('exchange', wanted.exchanges, live.exchanges);
  named('queue', wanted.queues, live.queues);
  named('schedule', wanted.schedules, live.schedules);
  compareBindings(wanted, live, prune, changes, left);
  conflicts.push(...looseEnds(wanted, live, prune));
  return { changes: inOrder(changes), left, conflicts };
}

function compareBindings(wanted: WantedTopology, live: LiveTopology, prune: boolean, changes: Change[], left: { kind: Kind; name: string }[]): void {
  if (wanted.bindings === undefined) return;
  const there = new Map(live.bindings.map((binding) => [contentOf(binding), binding]));
  const want = new Map(wanted.bindings.map((binding) => [contentOf(binding), binding]));
  const going = new Set(changes.filter(({ action }) => action === 'delete').map(({ kind, name }) => `${kind} ${name}`));
  for (const [content, binding] of want) {
    if (!there.has(content)) changes.push({ action: 'create', kind: 'binding', name: readable(binding), settings: [], wanted: binding });
  }
  for (const [content, binding] of there) {
    // A binding goes with its exchange or queue.
    if (want.has(content) || going.has(`exchange ${binding.from}`) || going.has('queue' in binding.to ? `queue ${binding.to.queue}` : `exchange ${binding.to.exchange}`)) continue;
    if (prune) changes.push({ action: 'delete', kind: 'binding', name: readable(binding), settings: [], id: binding.id });
    else left.push({ kind: 'binding', name: readable(binding) });
  }
}

/** Bindings of the file from or to something that will not be there. */
function looseEnds(wanted: WantedTopology, live: LiveTopology, prune: boolean): string[] {
  const willBe = (section: 'exchanges' | 'queues', name: string): boolean => {
    const want = wanted[section];
    return (want !== undefined && name in want) || (name in live[section] && (want === undefined || !prune));
  };
  return (wanted.bindings ?? []).flatMap((binding) => {
    const { from, to } = binding;
    const missing = [
      ...(willBe('exchanges', from) ? [] : [`exchange ${from}`]),
      ...('queue' in to ? (willBe('queues', to.queue) ? [] : [`queue ${to.queue}`]) : willBe('exchanges', to.exchange) ? [] : [`exchange ${to.exchange}`]),
    ];
    return missing.map((end) => `binding ${readable(binding)}: there would be no ${end}`);
  });
}

/** New things before what needs them, deletions last and what leads to a thing before the thing. */
const order = ['exchange+', 'queue+', 'binding+', 'binding-', 'schedule+', 'schedule-', 'queue-', 'exchange-'];

function inOrder(changes: readonly Change[]): Change[] {
  const place = ({ action, kind }: Change) => order.indexOf(`${kind}${action === 'delete' ? '-' : '+'}`);
  const sorted = changes.map((change, index) => ({ change, index })).sort((a, b) => place(a.change) - place(b.change) || a.index - b.index).map(({ change }) => change);
  const exchanges = sorted.filter(({ action, kind }) => kind === 'exchange' && action !== 'delete');
  return [...alternatesFirst(exchanges), ...sorted.slice(exchanges.length)];
}

/** An alternate must exist before the exchange that names it. A loop is left to the API, which names it. */
function alternatesFirst(changes: readonly Change[]): Change[] {
  const byName = new Map(changes.map((change) => [change.name, change]));
  const done = new Set<Change>();
  const visit = (change: Change, under: ReadonlySet<Change>): void => {
    if (done.has(change) || under.has(change)) return;
    const alternate = byName.get(String((change.wanted as Settings | undefined)?.['alternate'] ?? ''));
    if (alternate) visit(alternate, new Set([...under, change]));
    done.add(change);
  };
  for (const change of changes) visit(change, new Set());
  return [...done];
}

function differing(there: Settings, wanted: Settings): SettingChange[] {
  return Object.keys(wanted).filter((setting) => canonical(there[setting]) !== canonical(wanted[setting])).map((setting) => ({ setting, old: there[setting], new: wanted[setting] }));
}

/** JSON with sorted names: equal content, equal text. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  return `{${Object.entries(value).filter(([, one]) => one !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => `${JSON.stringify(name)}:${canonical(one)}`).join(',')}}`;
}

const bindingFields = ['from', 'to', ...Object.keys(bindingInput.shape).filter((field) => field !== 'destination')];
const contentOf = (binding: WantedBinding): string => canonical(Object.fromEntries(bindingFields.map((field) => [field, (binding as unknown as Settings)[field]])));

/** `shop -> orders (order.#)` */
function readable({ from, to, pattern, headers, filter, split, weight }: WantedBinding): string {
  const facts = [
    pattern, Object.keys(headers).length > 0 ? JSON.stringify(headers) : '', filter === null ? '' : JSON.stringify(filter),
    split === null ? '' : `split ${split}`, weight === 1 ? '' : `weight ${weight}`,
  ].filter((fact) => fact !== '');
  return `${from} -> ${'queue' in to ? to.queue : `exchange ${to.exchange}`}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`;
}
