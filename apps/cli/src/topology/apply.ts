import type { BindingSettings, ExchangeSettings, QueueDefinitionSettings, WaybillClient } from '@waybill/client';
import { outgoingOf } from '../message-input.js';
import type { Change, Plan } from './plan.js';
import type { WantedBinding, WantedSchedule } from './topology-file.js';

/** Bindings in one call. */
const bindingsPerCall = 1000;

/**
 * Carries out a plan in its order. Each step is in force when it is answered; when one fails, those before it stay,
 * and the next plan shows what is left. `done` is told after every step.
 */
export async function applyPlan(client: WaybillClient, { changes }: Plan, done: (change: Change) => void): Promise<void> {
  const newBindings = changes.filter(({ action, kind }) => kind === 'binding' && action === 'create');
  for (const change of changes) {
    if (!newBindings.includes(change)) {
      await carryOut(client, change);
      done(change);
    } else if (change === newBindings[0]) {
      await putBindings(client, newBindings);
      newBindings.forEach(done);
    }
  }
}

async function carryOut({ topology, schedules }: WaybillClient, { action, kind, name, wanted, id }: Change): Promise<void> {
  if (kind === 'exchange') await (action === 'delete' ? topology.deleteExchange(name) : topology.putExchange(name, wanted as ExchangeSettings));
  else if (kind === 'queue') await (action === 'delete' ? topology.deleteQueue(name) : topology.putQueue(name, wanted as QueueDefinitionSettings));
  else if (kind === 'binding') await topology.deleteBinding(id ?? '');
  else if (action === 'delete') await schedules.delete(name);
  else {
    const { message, ...settings } = wanted as WantedSchedule;
    await schedules.put(name, { ...settings, message: outgoingOf(message) });
  }
}

async function putBindings({ topology }: WaybillClient, changes: readonly Change[]): Promise<void> {
  const bySource = Map.groupBy(changes.map(({ wanted }) => wanted as WantedBinding), ({ from }) => from);
  for (const [from, bindings] of bySource) {
    for (let at = 0; at < bindings.length; at += bindingsPerCall) {
      await topology.putBindings(from, bindings.slice(at, at + bindingsPerCall).map(({ from: _from, to: destination, ...settings }): BindingSettings => ({ destination, ...settings })));
    }
  }
}
