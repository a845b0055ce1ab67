import { z } from 'zod';
import { UsageError } from '../failure.js';

const args = z.record(z.string(), z.unknown()).default({});
const vhost = z.string().default('/');

/** What `rabbitmqctl export_definitions` and the management plugin write; the parts that are read here. */
const definitions = z.looseObject({
  exchanges: z.array(z.looseObject({ name: z.string(), vhost, type: z.string(), auto_delete: z.boolean().default(false), internal: z.boolean().default(false), arguments: args })).default([]),
  queues: z.array(z.looseObject({ name: z.string(), vhost, type: z.string().optional(), auto_delete: z.boolean().default(false), exclusive: z.boolean().default(false), arguments: args })).default([]),
  bindings: z.array(z.looseObject({ source: z.string(), vhost, destination: z.string(), destination_type: z.enum(['queue', 'exchange']), routing_key: z.string().default(''), arguments: args })).default([]),
  policies: z.array(z.looseObject({ name: z.string(), vhost, pattern: z.string(), 'apply-to': z.string().default('all'), definition: z.record(z.string(), z.unknown()), priority: z.number().default(0) })).default([]),
  users: z.array(z.unknown()).default([]),
  permissions: z.array(z.unknown()).default([]),
  topic_permissions: z.array(z.unknown()).default([]),
  parameters: z.array(z.looseObject({ component: z.string().optional(), name: z.string().optional() })).default([]),
});
export type Definitions = z.output<typeof definitions>;
export type RabbitExchange = Definitions['exchanges'][number];
export type RabbitQueue = Definitions['queues'][number];
export type RabbitBinding = Definitions['bindings'][number];
export type Policy = Definitions['policies'][number];

export function parseDefinitions(text: string, file: string): Definitions {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${file} is no JSON.`, { cause });
  }
  const parsed = definitions.safeParse(value);
  if (!parsed.success) throw new UsageError(`${file} is no export of RabbitMQ definitions:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
