import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { OutgoingMessage, WaybillClient } from '@waybill/client';
import { Option } from 'commander';
import type { AddCommands, Context } from '../context.js';
import { Ended, exitCodes, UsageError } from '../failure.js';
import { outgoingOf, parseInput } from '../message-input.js';
import { headerPair, numberIn, wholeIn } from '../values.js';

interface PublishFlags {
  readonly exchange?: string;
  readonly queue?: string;
  readonly routingKey?: string;
  readonly file?: string;
  readonly batch?: string;
  readonly contentType?: string;
  readonly priority?: number;
  readonly delay?: number;
  readonly ttl?: number;
  readonly group?: string;
  readonly dedupId?: string;
  readonly replyTo?: string;
  readonly correlationId?: string;
  readonly idempotencyKey?: string;
  readonly header?: Record<string, string>;
  readonly explain?: boolean;
  readonly request?: number;
}

/** Messages of one call of a batch. */
const perCall = 500;

/** publish: one message, or a file of them. */
export const publishCommands: AddCommands = (program, run) => {
  program
    .command('publish')
    .description('publish a message, given as an argument, by --file, or on the standard input; or many with --batch')
    .argument('[body]', 'text of the message')
    .option('-e, --exchange <name>', 'publish to this exchange')
    .option('-q, --queue <name>', 'publish straight to this queue')
    .option('-k, --routing-key <key>', 'routing key')
    .option('-f, --file <path>', 'take the body from a file')
    .option('-b, --batch <path>', 'publish every line of a file, or of - for the standard input: one JSON object like {"body":"text","key":"order.created"} per line')
    .option('-t, --content-type <type>', 'default: application/json when the text is JSON, else text/plain; application/octet-stream for files')
    .option('-p, --priority <0-9>', 'priority', wholeIn(0, 9))
    .option('--delay <seconds>', 'not to be received before', numberIn(0, 31_622_400))
    .option('--ttl <seconds>', 'expires after', numberIn(0, 31_622_400))
    .option('-g, --group <group>', 'message group')
    .option('--dedup-id <id>', 'dedup id')
    .option('--reply-to <queue>', 'where the answer goes')
    .option('--correlation-id <id>', 'correlation id')
    .option('-H, --header <name=value>', 'own header, repeatable', headerPair)
    .option('--idempotency-key <key>', 'repeat the same command with the same key and it is stored once')
    .option('--explain', 'say for each binding why it matched or did not')
    .addOption(new Option('--request <seconds>', 'wait so long for the reply and print it').argParser(numberIn(0.1, 60)))
    .action(run((context, body: string | undefined, flags: PublishFlags) => publish(context, body, flags)));
};

async function publish(context: Context, body: string | undefined, flags: PublishFlags): Promise<void> {
  if ((flags.exchange === undefined) === (flags.queue === undefined)) throw new UsageError('Say where to: --exchange or --queue.');
  if ([body, flags.file, flags.batch].filter((one) => one !== undefined).length > 1) throw new UsageError('Give one of: a body, --file, --batch.');
  const client = context.client();
  if (flags.batch !== undefined) return publishBatch(context, client, flags, flags.batch);
  const message: OutgoingMessage = { ...propertiesOf(flags), ...(await contentOf(context, body, flags)) };
  if (flags.request !== undefined) return requestReply(context, client, flags, message);
  const place = flags.queue === undefined ? client.exchange(flags.exchange ?? '') : client.queue(flags.queue);
  const options = { signal: context.signal, ...(flags.explain ? { explain: true } : {}), ...(flags.idempotencyKey === undefined ? {} : { idempotencyKey: flags.idempotencyKey }) };
  const receipt = await place.publish(message, options);
  const refused = receipt.refused?.map(({ queue, limit }) => `\nrefused  ${queue}: ${limit} is reached`).join('') ?? '';
  const known = receipt.duplicates?.map(({ queue, originalId }) => `\nduplicate  ${queue} has it as ${originalId}`).join('') ?? '';
  const reasons = receipt.explanation?.flatMap(({ exchange, bindings }) => bindings.map(({ destination, matched, reason }) => `\n${matched ? '+' : '-'} ${exchange} -> ${'queue' in destination ? destination.queue : destination.exchange}: ${reason}`)).join('') ?? '';
  const reached = receipt.queues.length > 0 ? `stored in ${receipt.queues.join(', ')}` : 'reached no queue';
  context.out.show(receipt, `${receipt.id}  ${reached}${refused}${known}${reasons}`);
}

async function requestReply(context: Context, client: WaybillClient, flags: PublishFlags, message: OutgoingMessage): Promise<void> {
  if (flags.exchange === undefined) throw new UsageError('--request needs --exchange.');
  const reply = await client.exchange(flags.exchange).request(message, { timeoutSeconds: flags.request ?? 30, signal: context.signal });
  context.out.show({ contentType: reply.contentType, headers: reply.headers, body: reply.text() }, reply.text());
}

function propertiesOf({ routingKey: key, priority, delay: delaySeconds, ttl: ttlSeconds, group, dedupId, replyTo, correlationId, header: headers }: PublishFlags) {
  return { key, priority, delaySeconds, ttlSeconds, group, dedupId, replyTo, correlationId, headers };
}

async function contentOf(context: Context, body: string | undefined, { file, contentType }: PublishFlags): Promise<{ body: string | Uint8Array; contentType: string }> {
  if (file !== undefined) return { body: await readFile(file), contentType: contentType ?? 'application/octet-stream' };
  const text = body ?? (await buffer(context.terminal.input()));
  return { body: text, contentType: contentType ?? (isJson(text.toString()) ? 'application/json' : 'text/plain; charset=utf-8') };
}

function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Each message stands for itself: those that fail are told by their line, the others are stored. */
async function publishBatch(context: Context, client: WaybillClient, flags: PublishFlags, file: string): Promise<void> {
  const place = flags.queue === undefined ? client.exchange(flags.exchange ?? '') : client.queue(flags.queue);
  const text = file === '-' ? (await buffer(context.terminal.input())).toString('utf8') : await readFile(file, 'utf8');
  const lines = text.split('\n').map((line, index) => ({ line, number: index + 1 })).filter(({ line }) => line.trim() !== '');
  const usual = Object.fromEntries(Object.entries(propertiesOf(flags)).filter(([, value]) => value !== undefined));
  const messages = lines.map(({ line, number }) => ({ number, message: { ...usual, ...outgoingOf(parseInput(line, `line ${number}`)) } as OutgoingMessage }));
  let failed = 0;
  for (let at = 0; at < messages.length; at += perCall) {
    const part = messages.slice(at, at + perCall);
    const results = await place.publishEach(part.map(({ message }) => message), { signal: context.signal });
    for (const [index, { receipt, error }] of results.entries()) {
      const line = part[index]?.number;
      if (error) failed += 1;
      if (context.out.asJson) context.out.show(error ? { line, problem: { code: error.code, detail: error.detail } } : { line, ...receipt }, '');
      else if (error) context.out.note(`line ${line}: ${error.message}`);
    }
  }
  if (!context.out.asJson) context.out.show(undefined, `${messages.length - failed} stored, ${failed} not.`);
  if (failed > 0) throw new Ended(exitCodes.failed);
}
