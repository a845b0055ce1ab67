import type { WaybillClient } from '@waybill/client';
import { bindingInput, exchangeInput, putSchedule, queueInput } from '@waybill/contracts';
import type { BindingInput, ExchangeInput, QueueInput } from '@waybill/contracts';
import type { z } from 'zod';
import type { WantedBinding, WantedSchedule, WantedTopology } from './topology-file.js';

/** What a namespace has, in the words of a topology file; bindings with their ids. */
export interface LiveTopology {
  readonly exchanges: Readonly<Record<string, ExchangeInput>>;
  readonly queues: Readonly<Record<string, QueueInput>>;
  readonly bindings: readonly (WantedBinding & { readonly id: string })[];
  readonly schedules: Readonly<Record<string, WantedSchedule>>;
}

const scheduleBody = putSchedule.body as Extract<typeof putSchedule.body, z.ZodObject>;

/** Only the settings of the contract: what else the API shows is not compared. */
function only<T>(shape: Readonly<Record<string, unknown>>, shown: object): T {
  return Object.fromEntries(Object.entries(shown).filter(([key]) => key in shape)) as T;
}

/** Reads what is there; schedules only when they are `wanted`, because they are the gateway's. */
export async function readLive({ topology, schedules }: WaybillClient, wanted: Pick<WantedTopology, 'schedules'>): Promise<LiveTopology> {
  const live = { exchanges: {} as Record<string, ExchangeInput>, queues: {} as Record<string, QueueInput>, bindings: [] as (WantedBinding & { id: string })[], schedules: {} as Record<string, WantedSchedule> };
  for await (const exchange of topology.exchanges()) if (!exchange.builtIn) live.exchanges[exchange.name] = only(exchangeInput.shape, exchange);
  for await (const queue of topology.queues()) live.queues[queue.name] = only(queueInput.shape, queue);
  for await (const binding of topology.bindings()) {
    const { destination: to, ...settings } = only<BindingInput>(bindingInput.shape, binding);
    live.bindings.push({ id: binding.id, from: binding.source, to, ...settings });
  }
  if (wanted.schedules !== undefined) for await (const schedule of schedules.list()) live.schedules[schedule.name] = only(scheduleBody.shape, schedule);
  return live;
}
