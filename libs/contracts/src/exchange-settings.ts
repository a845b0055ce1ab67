import { z } from 'zod';
import { resourceName, timestamp } from './fields.js';

/** How an exchange matches its bindings. */
export const routedKinds = ['direct', 'topic', 'fanout', 'headers', 'filter', 'consistent-hash'] as const;
export type RoutedKind = (typeof routedKinds)[number];

/** What a tenant may create. */
export const exchangeKinds = [...routedKinds, 'delayed'] as const;
export type ExchangeKind = (typeof exchangeKinds)[number];

/** One year. */
export const exchangeDelayLimitSeconds = 31_536_000;

export const headerName = z.string().min(1).max(128);

const hashOn = z
  .union([z.enum(['key', 'group', 'dedup-id', 'correlation-id']), z.object({ header: headerName }).strict()])
  .meta({ id: 'HashOn', description: 'What decides the binding; a message without it is hashed by its routing key' });
export type HashOn = z.output<typeof hashOn>;

const delaySeconds = z.int().min(0).max(exchangeDelayLimitSeconds);

export const exchangeInput = z
  .object({
    kind: z.enum(exchangeKinds).meta({ description: 'Cannot be changed later' }),
    alternate: resourceName.nullable().default(null).meta({ description: 'Exchange that takes what no binding matched; null: such a message is answered as unroutable' }),
    hashOn: hashOn.nullable().default(null).meta({ description: 'consistent-hash only; null: "key"' }),
    delaySeconds: delaySeconds.nullable().default(null).meta({ description: 'delayed only: how long messages without a delay of their own wait; null: 0' }),
    routesAs: z.enum(routedKinds).nullable().default(null).meta({ description: 'delayed only: how it matches bindings; null: "topic"' }),
  })
  .strict()
  .meta({ id: 'ExchangeInput' });
export type ExchangeInput = z.output<typeof exchangeInput>;

export const exchangeSchema = z
  .object({
    id: z.string(), name: z.string(), kind: z.enum([...exchangeKinds, 'default']),
    alternate: z.string().nullable(),
    hashOn: hashOn.nullable().meta({ description: 'Null where nothing is hashed' }),
    delaySeconds: delaySeconds.nullable().meta({ description: 'Null unless delayed' }),
    routesAs: z.enum(routedKinds).nullable().meta({ description: 'Null unless delayed' }),
    builtIn: z.boolean(), bindings: z.int().meta({ description: 'Bindings that leave this exchange' }), createdAt: timestamp,
  })
  .meta({ id: 'Exchange' });
export type Exchange = z.output<typeof exchangeSchema>;
