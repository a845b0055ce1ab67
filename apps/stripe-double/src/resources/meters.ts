import type { Seconds } from '../clock.js';
import type { Call, Handlers } from '../handler.js';
import { list } from '../handler.js';
import type { Meter, MeterEvent } from '../state.js';
import { invalid, missing, StripeFailure } from '../stripe-failure.js';
import { pageOf } from '../table.js';
import type { World } from '../world.js';

const hourS = 3_600;

export function meterView(meter: Meter): object {
  const { id, created, eventName, formula, window, customerKey, valueKey, displayName, active, deactivatedAt } = meter;
  return {
    id, object: 'billing.meter', created, customer_mapping: { event_payload_key: customerKey, type: 'by_id' }, default_aggregation: { formula }, display_name: displayName,
    event_name: eventName, event_time_window: window, livemode: false, status: active ? 'active' : 'inactive', status_transitions: { deactivated_at: deactivatedAt }, updated: created,
    value_settings: { event_payload_key: valueKey },
  };
}

/** Units of a customer in a span, as far as the double sees them by now: of each window the event received last. */
export function usageOf(world: World, meter: Meter, customer: string, start: Seconds, end: Seconds): bigint {
  return [...windowsOf(world, meter, customer, start, end).values()].reduce((sum, value) => sum + value, 0n);
}

/** By first second of the window. */
export function windowsOf(world: World, meter: Meter, customer: string, start: Seconds, end: Seconds): Map<Seconds, bigint> {
  const seenUntil = world.now() - world.rules.usageLagS;
  const windowS = meter.window === 'day' ? 24 * hourS : hourS;
  const windows = new Map<Seconds, bigint>();
  for (const event of world.meterEvents) {
    if (event.cancelled || event.meter !== meter.id || event.customer !== customer || event.receivedAt > seenUntil) continue;
    if (event.timestamp < start || event.timestamp >= end) continue;
    const window = Math.floor(event.timestamp / windowS) * windowS;
    const overwrites = meter.window !== null && world.rules.lastReceivedOfTheWindowCounts;
    const value = meter.formula === 'count' ? 1n : event.value;
    windows.set(window, overwrites || meter.formula === 'last' ? value : (windows.get(window) ?? 0n) + value);
  }
  return windows;
}

function receive({ world, params }: Call, secondsOf: (name: string) => Seconds | null): MeterEvent {
  const eventName = params.text('event_name');
  const meter = world.meters.all().find((row) => row.eventName === eventName);
  if (!meter) throw invalid(`No active meter found for event_name '${eventName}'`, 'event_name', 'no_meter');
  if (!meter.active) throw invalid('The meter is inactive', 'event_name', 'archived_meter');
  const now = world.now();
  const timestamp = secondsOf('timestamp') ?? now;
  if (timestamp < now - world.rules.meterEventMaxAgeS) throw invalid('The timestamp is more than 35 days ago', 'timestamp', 'timestamp_too_far_in_past');
  if (timestamp > now + world.rules.meterEventMaxAheadS) throw invalid('The timestamp is more than 5 minutes ahead', 'timestamp', 'timestamp_in_future');
  const payload = params.inner('payload');
  const value = payload?.text(meter.valueKey) ?? '';
  if (world.rules.meterValueIsWholeNumber && !/^-?\d{1,15}$/.test(value)) throw invalid(`Invalid value '${value}': must be a whole number`, `payload[${meter.valueKey}]`, 'meter_event_invalid_value');
  const identifier = params.optionalText('identifier') ?? `double-${world.meterEvents.length + 1}`;
  const taken = world.meterEvents.some((event) => event.identifier === identifier && event.receivedAt > now - world.rules.identifierUniqueS);
  if (taken) {
    throw new StripeFailure(world.rules.duplicateIdentifierStatus, 'invalid_request_error', `An event already exists with identifier ${identifier}.`, { headers: { 'stripe-should-retry': 'false' } });
  }
  const customer = payload?.text(meter.customerKey) ?? '';
  const known = world.customers.find(customer);
  const event: MeterEvent = { identifier, meter: meter.id, customer, timestamp, value: BigInt(value), receivedAt: now, cancelled: false };
  if (!known || known.deleted) {
    if (world.rules.unknownCustomerOfAnEvent === 'refused') throw missing('customer', customer, `payload[${meter.customerKey}]`, 400);
    reportError(world, meter, event, 'meter_event_customer_not_found');
    return event;
  }
  world.meterEvents.push(event);
  return event;
}

function reportError(world: World, meter: Meter, event: MeterEvent, code: string): void {
  const data = {
    developer_message_summary: `There is 1 invalid event`, validation_start: iso(world.now()), validation_end: iso(world.now()),
    reason: { error_count: 1, error_types: [{ code, error_count: 1, sample_errors: [{ error_message: code, request: { identifier: event.identifier } }] }] },
  };
  world.emitThin('v1.billing.meter.error_report_triggered', data, { id: meter.id, type: 'billing.meter', url: `/v1/billing/meters/${meter.id}` });
}

const iso = (at: Seconds): string => new Date(at * 1000).toISOString();

export const meters: Handlers = {
  'POST /v1/billing/meters': ({ world, params }) => {
    const eventName = params.text('event_name');
    if (world.meters.all().some((row) => row.eventName === eventName && row.active)) throw invalid(`A meter already uses event_name '${eventName}'`, 'event_name', 'resource_already_exists');
    const meter: Meter = {
      id: world.meters.newId(), created: world.now(), eventName, displayName: params.text('display_name'), active: true, deactivatedAt: null,
      formula: params.inner('default_aggregation')?.choice('formula', ['sum', 'count', 'last'], 'sum') ?? 'sum',
      window: params.has('event_time_window') ? params.choice('event_time_window', ['hour', 'day'], 'hour') : null,
      customerKey: params.inner('customer_mapping')?.optionalText('event_payload_key') ?? 'stripe_customer_id',
      valueKey: params.inner('value_settings')?.optionalText('event_payload_key') ?? 'value',
    };
    return meterView(world.meters.add(meter));
  },
  'GET /v1/billing/meters/{id}': ({ world, ids }) => meterView(world.meters.get(ids[0]!)),
  'GET /v1/billing/meters': ({ world, params }) => {
    const status = params.optionalText('status');
    return list('/v1/billing/meters', world.meters.page(params.page(), (row) => status === null || row.active === (status === 'active')), meterView);
  },
  'POST /v1/billing/meters/{id}': ({ world, ids, params }) => {
    const meter = world.meters.get(ids[0]!);
    meter.displayName = params.optionalText('display_name') ?? meter.displayName;
    return meterView(meter);
  },
  'POST /v1/billing/meters/{id}/deactivate': ({ world, ids }) => {
    const meter = world.meters.get(ids[0]!);
    Object.assign(meter, { active: false, deactivatedAt: world.now() });
    return meterView(meter);
  },
  'POST /v1/billing/meters/{id}/reactivate': ({ world, ids }) => {
    const meter = world.meters.get(ids[0]!);
    Object.assign(meter, { active: true, deactivatedAt: null });
    return meterView(meter);
  },
  'GET /v1/billing/meters/{id}/event_summaries': ({ world, ids, params }) => {
    const meter = world.meters.get(ids[0]!);
    const customer = world.customers.get(params.text('customer'), 'customer');
    const [start, end, window] = [params.integer('start_time'), params.integer('end_time'), params.optionalText('value_grouping_window')];
    const step = window === 'hour' ? hourS : window === 'day' ? 24 * hourS : 60;
    if (start % step !== 0 || end % step !== 0) throw invalid(`start_time and end_time must be aligned with ${window ?? 'minute'} boundaries`, 'start_time');
    const summary = (from: Seconds, to: Seconds, value: bigint): { id: string } & Record<string, unknown> => ({
      id: `mtrusg_double_${meter.id}_${from}`, object: 'billing.meter_event_summary', aggregated_value: value, start_time: from, end_time: to, livemode: false, meter: meter.id,
    });
    const sums = new Map<Seconds, bigint>();
    for (const [at, value] of windowsOf(world, meter, customer.id, start, end)) {
      const from = window === null ? start : Math.floor(at / step) * step;
      sums.set(from, (sums.get(from) ?? 0n) + value);
    }
    const rows = [...sums].sort(([a], [b]) => b - a).map(([from, value]) => summary(from, window === null ? end : from + step, value));
    return list(`/v1/billing/meters/${meter.id}/event_summaries`, pageOf(rows, params.page()), (row) => row);
  },
  'POST /v1/billing/meter_events': (call) => {
    const event = receive(call, (name) => call.params.optionalInteger(name));
    const { identifier, timestamp } = event;
    return { object: 'billing.meter_event', created: call.world.now(), event_name: call.params.text('event_name'), identifier, livemode: false, payload: payloadOf(call, event), timestamp };
  },
  'POST /v2/billing/meter_events': (call) => {
    const event = receive(call, (name) => {
      const text = call.params.optionalText(name);
      return text === null ? null : Math.floor(Date.parse(text) / 1000);
    });
    return {
      object: 'v2.billing.meter_event', created: iso(call.world.now()), event_name: call.params.text('event_name'), identifier: event.identifier, livemode: false,
      payload: payloadOf(call, event), timestamp: iso(event.timestamp),
    };
  },
  'POST /v1/billing/meter_event_adjustments': ({ world, params }) => {
    const identifier = params.inner('cancel')?.text('identifier') ?? '';
    const event = world.meterEvents.find((row) => row.identifier === identifier && row.receivedAt > world.now() - 24 * hourS);
    if (!event) throw invalid(`No event with identifier ${identifier} within 24 hours`, 'cancel[identifier]', 'resource_missing');
    event.cancelled = true;
    return { object: 'billing.meter_event_adjustment', cancel: { identifier }, event_name: params.text('event_name'), livemode: false, status: 'complete', type: 'cancel' };
  },
};

function payloadOf({ world }: Call, event: MeterEvent): Record<string, string> {
  const meter = world.meters.get(event.meter);
  return { [meter.customerKey]: event.customer, [meter.valueKey]: String(event.value) };
}
