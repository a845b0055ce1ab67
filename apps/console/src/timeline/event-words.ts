import type { LoggedEvent, MessageEvent } from '@waybill/contracts';
import { bytes } from '../words/figures.js';

/** What happened, for the head of a step, and the colour where it asks for attention. */
export const eventTone: Readonly<Record<MessageEvent, { label: string; color: string }>> = {
  published: { label: 'Published', color: 'petrol' },
  routed: { label: 'Stored in a queue', color: 'petrol' },
  duplicate: { label: 'Dropped as a duplicate', color: 'yellow' },
  refused: { label: 'Refused', color: 'red' },
  leased: { label: 'Handed to a consumer', color: 'petrol' },
  released: { label: 'Given back', color: 'yellow' },
  returned: { label: 'Lease ran out: back in the queue', color: 'yellow' },
  extended: { label: 'Lease prolonged', color: 'gray' },
  deferred: { label: 'Set aside', color: 'gray' },
  accepted: { label: 'Accepted: done', color: 'petrol' },
  dead: { label: 'Became a dead letter', color: 'red' },
  moved: { label: 'Moved', color: 'gray' },
  purged: { label: 'Purged', color: 'red' },
};

/** Everything else that the log knows of a step, in words. */
export function eventFacts(event: LoggedEvent): string[] {
  const { queue, exchange, key, bytes: size, deliveries, holder, reason } = event;
  return [
    ...(exchange === null ? [] : [`exchange ${exchange}`]),
    ...(key === null || key === '' ? [] : [`routing key ${key}`]),
    ...(queue === null ? [] : [`queue ${queue}`]),
    ...(size === null ? [] : [bytes(size)]),
    ...(deliveries === null || deliveries === 0 ? [] : [`delivery ${deliveries}`]),
    ...(holder === null || holder === '' ? [] : [event.event === 'published' ? `key ${holder}` : `by ${holder}`]),
    ...(reason === null || reason === '' ? [] : [`because ${reason}`]),
  ];
}
