import { bindingInput, exchangeInput, weightLimit } from '@waybill/contracts';
import type { ExchangeInput, QueueInput } from '@waybill/contracts';
import type { WantedBinding, WantedTopology } from '../topology/topology-file.js';
import type { Definitions, RabbitBinding } from './definitions.js';
import { convertExchange } from './exchange-arguments.js';
import { Names } from './names.js';
import { policyFor } from './policies.js';
import { convertQueue } from './queue-arguments.js';
import type { DeadLetterTarget } from './queue-arguments.js';

export interface Converted {
  readonly topology: WantedTopology;
  /** What could not be carried over or is different, and why. */
  readonly notes: readonly string[];
}

/** Stands for RabbitMQ's default exchange as a dead-letter exchange: routes by queue name. */
const toQueues = 'dead-letters-to-queues';

/** One virtual host of RabbitMQ as a topology. */
export function convert(definitions: Definitions, vhost: string): Converted {
  const notes: string[] = [];
  const noteOn = (thing: string) => (text: string) => void notes.push(`${thing}: ${text}`);
  const here = <T extends { vhost: string }>(all: readonly T[]) => all.filter((one) => one.vhost === vhost);
  const exchangeNames = new Names((from, to) => notes.push(`exchange ${from}: is called ${to} here`));
  const queueNames = new Names((from, to) => notes.push(`queue ${from}: is called ${to} here`), (name) => name.startsWith('reply.'));
  const policies = here(definitions.policies);
  const exchanges: Record<string, ExchangeInput> = {};
  const queues: Record<string, QueueInput> = {};
  const bindings: WantedBinding[] = [];
  const bound = new Set(here(definitions.bindings).flatMap(({ source, destination, destination_type: type }) => (type === 'exchange' ? [source, destination] : [source])));

  const alternates = new Map<string, string>();
  const kinds = new Map<string, ExchangeInput['kind']>();
  const declared = here(definitions.exchanges).filter(({ name }) => name !== '' && (!name.startsWith('amq.') || bound.has(name)));
  for (const exchange of [...declared, ...builtIn(bound, declared)]) {
    const converted = convertExchange(exchange, policyFor(policies, 'exchanges', exchange.name, (text) => notes.push(text)), noteOn(`exchange ${exchange.name}`));
    if (!converted) continue;
    exchanges[exchangeNames.of(exchange.name)] = converted.settings;
    kinds.set(exchange.name, converted.settings.kind === 'delayed' ? (converted.settings.routesAs ?? 'topic') : converted.settings.kind);
    if (converted.alternate !== undefined) alternates.set(exchange.name, converted.alternate);
  }
  for (const [name, alternate] of alternates) {
    if (!kinds.has(alternate)) noteOn(`exchange ${name}`)(`its alternate exchange ${alternate} does not exist and is left out`);
    else exchanges[exchangeNames.of(name)] = { ...(exchanges[exchangeNames.of(name)] as ExchangeInput), alternate: exchangeNames.of(alternate) };
  }

  const known = new Set(here(definitions.queues).map(({ name }) => name));
  const deadLetters = new Map<string, DeadLetterTarget>();
  for (const queue of here(definitions.queues)) {
    const note = noteOn(`queue ${queue.name}`);
    if ((queue.arguments['x-queue-type'] ?? queue.type) === 'stream') {
      known.delete(queue.name);
      note('a stream can be read again and again, a queue cannot: it and its bindings are left out');
      continue;
    }
    const converted = convertQueue(queue, policyFor(policies, 'queues', queue.name, (text) => notes.push(text)), note);
    queues[queueNames.of(queue.name)] = converted.settings;
    if (converted.deadLetters) deadLetters.set(queue.name, converted.deadLetters);
  }
  for (const [name, to] of deadLetters) {
    const settings = deadLettersTo(to, { note: noteOn(`queue ${name}`), kinds, known, exchangeNames, queueNames, exchanges, bindings });
    queues[queueNames.of(name)] = { ...(queues[queueNames.of(name)] as QueueInput), ...settings };
  }

  for (const binding of here(definitions.bindings)) {
    if (binding.source === '') continue; // every queue is bound to the default exchange, here too
    const thing = `binding ${binding.source} -> ${binding.destination}`;
    const isQueue = binding.destination_type === 'queue';
    if (!kinds.has(binding.source) || !(isQueue ? known : kinds).has(binding.destination)) {
      notes.push(`${thing}: left out, because one end is`);
      continue;
    }
    const to = isQueue ? { queue: queueNames.of(binding.destination) } : { exchange: exchangeNames.of(binding.destination) };
    bindings.push({ from: exchangeNames.of(binding.source), to, ...matchOf(binding, kinds.get(binding.source), noteOn(thing)) });
  }
  notes.push(...notCarried(definitions, vhost));
  return { topology: { exchanges, queues, bindings: distinct(bindings) }, notes: [...new Set(notes)] };
}

/** Exchanges that RabbitMQ makes by itself and that an export leaves out, when something is bound to them. */
function builtIn(bound: ReadonlySet<string>, declared: readonly { name: string }[]) {
  const types: Record<string, string> = { 'amq.direct': 'direct', 'amq.topic': 'topic', 'amq.fanout': 'fanout', 'amq.headers': 'headers', 'amq.match': 'headers' };
  const missing = Object.keys(types).filter((name) => bound.has(name) && !declared.some((one) => one.name === name));
  return missing.map((name) => ({ name, vhost: '', type: types[name] ?? '', auto_delete: false, internal: false, arguments: {} }));
}

interface DeadLetterPlace {
  readonly note: (text: string) => void;
  readonly kinds: ReadonlyMap<string, unknown>;
  readonly known: ReadonlySet<string>;
  readonly exchangeNames: Names;
  readonly queueNames: Names;
  readonly exchanges: Record<string, ExchangeInput>;
  readonly bindings: WantedBinding[];
}

function deadLettersTo({ exchange, key }: DeadLetterTarget, { note, kinds, known, exchangeNames, queueNames, exchanges, bindings }: DeadLetterPlace): Partial<QueueInput> {
  if (exchange !== '') {
    if (kinds.has(exchange)) return { deadLetterExchange: exchangeNames.of(exchange), deadLetterKey: key ?? null };
    note(`its dead-letter exchange ${exchange} does not exist; the queue keeps its dead letters`);
    return {};
  }
  if (key === undefined || !known.has(key)) {
    note('dead letters went to the queue named by their routing key; the queue keeps them instead');
    return {};
  }
  const name = exchangeNames.of(toQueues);
  const to = queueNames.of(key);
  exchanges[name] = exchangeInput.parse({ kind: 'direct' });
  bindings.push({ ...usualBinding(), from: name, to: { queue: to }, pattern: to });
  note(`dead letters go to the queue ${to} through the new exchange ${name}`);
  return { deadLetterExchange: name, deadLetterKey: to };
}

function usualBinding(): Omit<WantedBinding, 'from' | 'to'> {
  const { destination: _destination, ...settings } = bindingInput.parse({ destination: { queue: 'x' } });
  return settings;
}

function matchOf({ routing_key: key, arguments: given }: RabbitBinding, kind: ExchangeInput['kind'] | undefined, note: (text: string) => void): Omit<WantedBinding, 'from' | 'to'> {
  const usual = usualBinding();
  if (kind === 'direct' || kind === 'topic') return { ...usual, pattern: key };
  if (kind === 'consistent-hash') {
    const share = Number(key);
    const weight = Number.isInteger(share) && share >= 1 ? Math.min(share, weightLimit) : 1;
    if (String(weight) !== key) note(`the weight "${key}" becomes ${weight}`);
    return { ...usual, weight };
  }
  if (kind !== 'headers') return usual;
  const { 'x-match': match, ...wanted } = given;
  if (match === 'all-with-x' || match === 'any-with-x') note(`x-match ${match}: headers that begin with x- count here anyway`);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(wanted)) {
    if (name.startsWith('x-') && (match === undefined || match === 'all' || match === 'any')) continue; // RabbitMQ does not compare them
    if (value === null || typeof value === 'object') note(`the header ${name} cannot be compared with ${JSON.stringify(value)} and is left out`);
    else headers[name.toLowerCase()] = String(value);
  }
  return { ...usual, headers, match: match === 'any' || match === 'any-with-x' ? 'any' : 'all' };
}

function distinct(bindings: readonly WantedBinding[]): WantedBinding[] {
  return [...new Map(bindings.map((binding) => [JSON.stringify(binding), binding])).values()];
}

function notCarried({ users, permissions, topic_permissions: topics, parameters, ...rest }: Definitions, vhost: string): string[] {
  const notes: string[] = [];
  if (users.length + permissions.length + topics.length > 0) notes.push('users and permissions: make API keys with the scopes publish, consume and manage instead');
  for (const { component, name } of parameters) notes.push(`parameter ${component ?? ''} ${name ?? ''}: has no counterpart (federation and shovels run outside of the definitions)`);
  const others = new Set([...rest.exchanges, ...rest.queues].map((one) => one.vhost).filter((one) => one !== vhost));
  for (const other of others) notes.push(`virtual host ${other}: not read; import it into a namespace of its own with --vhost`);
  return notes;
}
