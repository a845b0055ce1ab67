import { z } from 'zod';
import { headerName } from './exchange-settings.js';
import { resourceName, routingKey, timestamp } from './fields.js';

const headerValue = z.string().max(1024);
/** Shares of a split or of a hash ring. */
export const weightLimit = 1_000;

export const bindingInput = z
  .object({
    destination: z.union([z.object({ queue: resourceName }).strict(), z.object({ exchange: resourceName }).strict()]),
    pattern: routingKey.default('').meta({ description: 'direct: the exact routing key; topic: words with "*" (one word) and "#" (any number); ignored elsewhere' }),
    headers: z.record(headerName, headerValue).default({}).meta({ description: 'headers exchange: what a message must carry' }),
    match: z.enum(['all', 'any']).default('all').meta({ description: 'headers exchange: all of the headers, or any of them' }),
    absent: z.array(headerName).max(64).default([]).meta({ description: 'headers exchange: headers a message must not carry' }),
    filter: z.record(z.string(), z.unknown()).nullable().default(null).meta({
      description: 'filter exchange: what "headers", "properties" and the JSON "body" must look like, in the syntax of EventBridge patterns; null matches every message',
      example: { body: { total: [{ numeric: ['>', 100] }] } },
    }),
    split: resourceName.nullable().default(null).meta({ description: 'Bindings of one exchange with the same split that match a message share it: one is taken, by weight' }),
    weight: z.int().min(1).max(weightLimit).default(1).meta({ description: 'Share of the split, or of the ring of a consistent-hash exchange' }),
  })
  .strict()
  .meta({ id: 'BindingInput' });
export type BindingInput = z.output<typeof bindingInput>;

export const bindingSchema = z
  .object({
    id: z.string().meta({ description: 'Made from the content: the same binding always has the same id' }),
    source: z.string(),
    destination: z.union([z.object({ queue: z.string() }), z.object({ exchange: z.string() })]),
    pattern: z.string(), headers: z.record(z.string(), z.string()), match: z.enum(['all', 'any']),
    absent: z.array(z.string()), filter: z.record(z.string(), z.unknown()).nullable(), split: z.string().nullable(), weight: z.int(),
    createdAt: timestamp,
  })
  .meta({ id: 'Binding' });
export type Binding = z.output<typeof bindingSchema>;
