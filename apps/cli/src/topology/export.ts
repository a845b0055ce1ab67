import { bindingInput, exchangeInput, putSchedule, queueInput } from '@waybill/contracts';
import { stringify } from 'yaml';
import type { z } from 'zod';
import type { WantedBinding, WantedTopology } from './topology-file.js';

type Settings = Readonly<Record<string, unknown>>;

/** The text of a topology file: what equals its default is left out. */
export function topologyText({ exchanges, queues, bindings, schedules }: WantedTopology): string {
  const queueDefaults = queueInput.parse({});
  const bindingDefaults = { ...bindingInput.parse({ destination: { queue: 'x' } }), destination: undefined };
  const scheduleBody = putSchedule.body as Extract<typeof putSchedule.body, z.ZodObject>;
  return stringify({
    waybill: 1,
    ...(exchanges === undefined ? {} : { exchanges: mapped(exchanges, (exchange) => without(exchange as unknown as Settings, exchangeDefaults(exchange.kind))) }),
    ...(queues === undefined ? {} : { queues: mapped(queues, (queue) => without(queue, queueDefaults)) }),
    ...(bindings === undefined ? {} : { bindings: inOrder(bindings).map(({ from, to, ...settings }) => ({ from, to, ...without(only(bindingInput.shape, settings), bindingDefaults) })) }),
    ...(schedules === undefined ? {} : { schedules: mapped(schedules, (schedule) => without(only(scheduleBody.shape, schedule), { timeZone: 'UTC', paused: false })) }),
  }, { lineWidth: 0 });
}

function exchangeDefaults(kind: string): Settings {
  const usual = exchangeInput.parse({ kind });
  const filled = kind === 'consistent-hash' ? { hashOn: 'key' } : kind === 'delayed' ? { delaySeconds: 0, routesAs: 'topic' } : {};
  return { ...usual, ...filled, kind: undefined };
}

/** The API lists them by id, which says nothing to people. */
function inOrder(bindings: readonly WantedBinding[]): WantedBinding[] {
  const place = ({ from, to, pattern }: WantedBinding) => JSON.stringify([from, to, pattern]);
  return [...bindings].sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

const mapped = <T>(all: Readonly<Record<string, T>>, change: (one: T) => object): Record<string, object> =>
  Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, change(one)]));

function only(shape: Settings, settings: object): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name in shape));
}

function without(settings: Settings, defaults: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([name, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(defaults[name])));
}
