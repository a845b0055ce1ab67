import { readFile } from 'node:fs/promises';
import { bindingInput, exchangeInput, namePattern, putSchedule, queueInput } from '@waybill/contracts';
import type { BindingInput, ExchangeInput, QueueInput } from '@waybill/contracts';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../failure.js';
import { friendlyMessage, inputOf } from '../message-input.js';

const name = z.string().regex(namePattern, 'a name has 1 to 127 letters, digits, ".", "_" or "-" and starts with a letter or digit');
const scheduleBody = putSchedule.body as Extract<typeof putSchedule.body, z.ZodObject>;
/** In YAML a name without settings has the value null. */
const orNothing = <T extends z.ZodType>(settings: T) => z.preprocess((value) => value ?? {}, settings);

const binding = z.object({ from: name, to: bindingInput.shape.destination, ...bindingInput.omit({ destination: true }).shape }).strict();
const schedule = scheduleBody.extend({ message: z.preprocess((value) => (friendlyMessage.safeParse(value).success ? inputOf(value as never) : value), scheduleBody.shape.message) });

const schema = z
  .object({
    waybill: z.literal(1, 'the first line of a topology file is "waybill: 1"'),
    exchanges: z.record(name, exchangeInput).optional(),
    queues: z.record(name, orNothing(queueInput)).optional(),
    bindings: z.array(binding).optional(),
    schedules: z.record(name, schedule).optional(),
  })
  .strict();

export interface WantedBinding extends Omit<BindingInput, 'destination'> {
  readonly from: string;
  readonly to: BindingInput['destination'];
}
export type WantedSchedule = z.output<typeof scheduleBody>;

/** What a namespace should have. A section that is missing is not compared. */
export interface WantedTopology {
  readonly exchanges?: Readonly<Record<string, ExchangeInput>> | undefined;
  readonly queues?: Readonly<Record<string, QueueInput>> | undefined;
  readonly bindings?: readonly WantedBinding[] | undefined;
  readonly schedules?: Readonly<Record<string, WantedSchedule>> | undefined;
}

/** Reads YAML or JSON; all faults are told together, with their place. */
export async function readTopologyFile(file: string): Promise<WantedTopology> {
  return parseTopology(await readFile(file, 'utf8'), file);
}

export function parseTopology(text: string, file: string): WantedTopology {
  // JSON is YAML too. Aliases are few: a file of ten lines cannot unfold to gigabytes.
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) throw new UsageError(`${file}: ${document.errors.map(({ message }) => message).join('\n')}`);
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (!parsed.success) throw new UsageError(`${file} does not fit:\n${z.prettifyError(parsed.error)}`);
  const { exchanges, queues, bindings, schedules } = parsed.data;
  return { exchanges: exchanges && Object.fromEntries(Object.entries(exchanges).map(([key, value]) => [key, completed(value)])), queues, bindings, schedules };
}

/** The settings that the API fills in by kind, so that they compare as equal. */
function completed(exchange: ExchangeInput): ExchangeInput {
  if (exchange.kind === 'consistent-hash') return { ...exchange, hashOn: exchange.hashOn ?? 'key' };
  if (exchange.kind === 'delayed') return { ...exchange, delaySeconds: exchange.delaySeconds ?? 0, routesAs: exchange.routesAs ?? 'topic' };
  return exchange;
}
