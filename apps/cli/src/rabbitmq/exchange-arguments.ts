import { exchangeInput } from '@waybill/contracts';
import type { ExchangeInput, RoutedKind } from '@waybill/contracts';
import type { RabbitExchange } from './definitions.js';

const routed: Readonly<Record<string, RoutedKind>> = { direct: 'direct', topic: 'topic', fanout: 'fanout', headers: 'headers', 'x-consistent-hash': 'consistent-hash' };
const hashedProperties: Readonly<Record<string, 'correlation-id'>> = { correlation_id: 'correlation-id' };

export interface ConvertedExchange {
  readonly settings: ExchangeInput;
  /** RabbitMQ's name. */
  readonly alternate: string | undefined;
}

/** An exchange's settings; undefined when its type has no counterpart. */
export function convertExchange({ type, arguments: given, auto_delete, internal }: RabbitExchange, policy: Readonly<Record<string, unknown>>, note: (text: string) => void): ConvertedExchange | undefined {
  const { 'alternate-exchange': argument, 'x-delayed-type': delayedType, 'hash-header': hashHeader, 'hash-property': hashProperty, ...rest } = given;
  const alternate = argument ?? policy['alternate-exchange'];
  if (auto_delete) note('auto_delete: the exchange stays when its last binding goes');
  if (internal) note('internal: every key with the scope publish may publish to it');
  for (const name of Object.keys(rest)) note(`${name} has no counterpart and is left out`);
  const named = typeof alternate === 'string' && alternate !== '' ? alternate : undefined;
  if (type === 'x-delayed-message') {
    const routesAs = routed[String(delayedType)];
    if (routesAs === undefined) note(`x-delayed-type ${String(delayedType)} is not known, topic is taken`);
    note('x-delay is read from the header by RabbitMQ; publish with waybill-delay (seconds) instead');
    return { settings: exchangeInput.parse({ kind: 'delayed', delaySeconds: 0, routesAs: routesAs ?? 'topic' }), alternate: named };
  }
  const kind = routed[type];
  if (kind === undefined) {
    note(`type ${type} has no counterpart, so the exchange and its bindings are left out`);
    return undefined;
  }
  const hashOn = kind === 'consistent-hash' ? hashOf(hashHeader, hashProperty, note) : null;
  return { settings: exchangeInput.parse({ kind, hashOn }), alternate: named };
}

function hashOf(header: unknown, property: unknown, note: (text: string) => void): ExchangeInput['hashOn'] {
  if (typeof header === 'string' && header !== '') return { header: header.toLowerCase() };
  if (typeof property !== 'string') return 'key';
  const known = hashedProperties[property];
  if (known === undefined) note(`hash-property ${property} has no counterpart, the routing key is hashed`);
  return known ?? 'key';
}
