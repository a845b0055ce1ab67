import type { Handlers } from '../handler.js';
import { list } from '../handler.js';
import type { Destination, StripeEvent } from '../state.js';
import type { World } from '../world.js';

const iso = (at: number): string => new Date(at * 1000).toISOString();

export function snapshotView(event: StripeEvent, apiVersion: string): object {
  return {
    id: event.id, object: 'event', api_version: apiVersion, created: event.created, data: { object: event.object }, livemode: false, pending_webhooks: 0, request: { id: null, idempotency_key: null }, type: event.type,
  };
}

export function thinView(event: StripeEvent): object {
  return {
    id: event.id, object: 'v2.core.event', created: iso(event.created), livemode: false, type: event.type,
    ...(event.related === null ? {} : { related_object: event.related }),
  };
}

function endpointView(row: Destination, withSecret = false): object {
  return {
    id: row.id, object: 'webhook_endpoint', api_version: null, application: null, created: row.created, description: row.name === '' ? null : row.name, enabled_events: row.events, livemode: false, metadata: {},
    status: row.enabled ? 'enabled' : 'disabled', url: row.url, ...(withSecret ? { secret: row.secret } : {}),
  };
}

function destinationView(row: Destination, withSecret: boolean): object {
  return {
    id: row.id, object: 'v2.core.event_destination', created: iso(row.created), description: '', enabled_events: row.events, event_payload: row.payload, livemode: false, name: row.name,
    status: row.enabled ? 'enabled' : 'disabled', type: 'webhook_endpoint', updated: iso(row.created), webhook_endpoint: { url: row.url, signing_secret: withSecret ? row.secret : '' },
  };
}

function secretOf(world: World): string {
  return `whsec_double${Math.floor(world.random() * 1e15).toString(36)}`;
}

/** @param apiVersion of the events it writes */
export const events = (apiVersion: string): Handlers => ({
  'GET /v1/events/{id}': ({ world, ids }) => snapshotView(world.events.get(ids[0]!), apiVersion),
  'GET /v1/events': ({ world, params }) => {
    const types = [...params.texts('types'), params.optionalText('type') ?? []].flat();
    return list('/v1/events', world.events.page(params.page(), (row) => !row.thin && (types.length === 0 || types.includes(row.type))), (row) => snapshotView(row, apiVersion));
  },
  'GET /v2/core/events/{id}': ({ world, ids }) => {
    const event = world.events.get(ids[0]!);
    return { ...thinView(event), ...(event.thin ? { data: event.object } : {}) };
  },
  'POST /v1/webhook_endpoints': ({ world, params }) => {
    const row: Destination = {
      id: world.destinations.newId(), created: world.now(), kind: 'endpoint', payload: 'snapshot', name: params.optionalText('description') ?? '', url: params.text('url'), secret: secretOf(world),
      events: params.texts('enabled_events'), enabled: true,
    };
    return endpointView(world.destinations.add(row), true);
  },
  'GET /v1/webhook_endpoints/{id}': ({ world, ids }) => endpointView(world.destinations.get(ids[0]!)),
  'GET /v1/webhook_endpoints': ({ world, params }) => list('/v1/webhook_endpoints', world.destinations.page(params.page(), (row) => row.kind === 'endpoint'), (row) => endpointView(row)),
  'POST /v1/webhook_endpoints/{id}': ({ world, ids, params }) => {
    const row = world.destinations.get(ids[0]!);
    row.url = params.optionalText('url') ?? row.url;
    if (params.has('disabled')) row.enabled = !(params.optionalBoolean('disabled') ?? false);
    return endpointView(row);
  },
  'DELETE /v1/webhook_endpoints/{id}': ({ world, ids }) => {
    const row = world.destinations.get(ids[0]!);
    world.destinations.delete(row.id);
    return { id: row.id, object: 'webhook_endpoint', deleted: true };
  },
  'POST /v2/core/event_destinations': ({ world, params }) => {
    const row: Destination = {
      id: world.destinations.newId(), created: world.now(), kind: 'destination', payload: params.choice('event_payload', ['thin', 'snapshot'], 'thin'), name: params.text('name'),
      url: params.inner('webhook_endpoint')?.text('url') ?? '', secret: secretOf(world), events: params.texts('enabled_events'), enabled: true,
    };
    return destinationView(world.destinations.add(row), true);
  },
  'GET /v2/core/event_destinations/{id}': ({ world, ids }) => destinationView(world.destinations.get(ids[0]!), false),
  'GET /v2/core/event_destinations': ({ world }) => ({
    data: world.destinations.where((row) => row.kind === 'destination').map((row) => destinationView(row, false)), next_page_url: null, previous_page_url: null,
  }),
});
