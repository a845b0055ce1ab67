import type { Message } from '@waybill/client';
import type { AddCommands, Context } from '../context.js';
import { Ended, exitCodes, UsageError } from '../failure.js';
import { bodyText, received } from '../message-text.js';
import { among, numberIn, wholeIn } from '../values.js';

interface ReceiveFlags {
  readonly max: number;
  readonly wait: number;
  readonly lease?: number;
  readonly ack?: boolean;
  readonly autoAccept?: boolean;
  readonly follow?: boolean;
  readonly bodyOnly?: boolean;
  readonly consumer?: string;
  readonly deferred?: string[];
  readonly transport?: 'poll' | 'sse' | 'websocket';
}

interface SettleFlags {
  readonly accept?: string[];
  readonly release?: string[];
  readonly reject?: string[];
  readonly delay?: number;
  readonly reason?: string;
}

/** receive and settle. */
export const receiveCommands: AddCommands = (program, run) => {
  program
    .command('receive')
    .description('lease messages and print them; without --ack they stay leased: settle them by their receipts')
    .argument('<queue>')
    .option('-n, --max <count>', 'how many, 1 to 100', wholeIn(1, 100), 1)
    .option('-w, --wait <seconds>', 'how long to wait when there is nothing, 0 to 60', numberIn(0, 60), 0)
    .option('-l, --lease <seconds>', 'lease; default: the queue\'s', wholeIn(0, 86_400))
    .option('-a, --ack', 'accept each message after it is printed')
    .option('--auto-accept', 'accept in the step that hands out: at most once')
    .option('-f, --follow', 'go on until Ctrl-C; implies --ack')
    .option('-B, --body-only', 'print bodies and nothing else')
    .option('--consumer <name>', 'name of this consumer')
    .option('--deferred <key...>', 'the messages deferred under these keys')
    .option('--transport <how>', 'with --follow: poll, sse or websocket', among('poll', 'sse', 'websocket'))
    .action(run((context, queue: string, flags: ReceiveFlags) => (flags.follow ? follow(context, queue, flags) : receive(context, queue, flags))));
  program
    .command('settle')
    .description('accept, release or reject by receipt')
    .argument('<queue>')
    .option('--accept <receipt...>', 'done')
    .option('--release <receipt...>', 'back to the queue')
    .option('--reject <receipt...>', 'to the dead letters')
    .option('--delay <seconds>', 'of a release', numberIn(0, 31_622_400))
    .option('--reason <text>', 'of a rejection')
    .action(run(settle));
};

async function receive(context: Context, queue: string, { max, wait, lease, ack, autoAccept, bodyOnly, consumer, deferred }: ReceiveFlags): Promise<void> {
  const messages = await context.client().queue(queue).receive({
    max, waitSeconds: wait, signal: context.signal,
    ...(lease === undefined ? {} : { leaseSeconds: lease }), ...(autoAccept ? { autoAccept } : {}), ...(consumer === undefined ? {} : { consumer }), ...(deferred === undefined ? {} : { deferred }),
  });
  for (const message of messages) show(context, message, bodyOnly);
  if (ack && !autoAccept) await Promise.all(messages.map((message) => message.accept()));
  if (messages.length === 0 && !context.out.asJson && !bodyOnly) context.out.note('Nothing to receive.');
}

async function follow(context: Context, queue: string, { lease, bodyOnly, consumer, transport }: ReceiveFlags): Promise<void> {
  const messages = context.client().queue(queue).consume({
    signal: context.signal, onLost: (message) => context.out.note(`lease_lost: ${message.id} comes again`),
    ...(lease === undefined ? {} : { leaseSeconds: lease }), ...(consumer === undefined ? {} : { consumer }), ...(transport === undefined ? {} : { transport }),
  });
  for await (const message of messages) show(context, message, bodyOnly);
}

function show(context: Context, message: Message, bodyOnly: boolean | undefined): void {
  const shown = received(message);
  const body = bodyText(shown);
  if (bodyOnly) return context.terminal.write(`${body}\n`);
  const { id, key, deliveryCount, receipt, publishedAt } = message;
  context.out.show(shown, `${id}  key ${key === '' ? '-' : key}  delivery ${deliveryCount}  published ${publishedAt}\n  receipt ${receipt}\n  ${body}`);
}

async function settle(context: Context, queue: string, { accept, release, reject, delay, reason }: SettleFlags): Promise<void> {
  if (!accept && !release && !reject) throw new UsageError('Give at least one receipt: --accept, --release or --reject.');
  const results = await context.client().queue(queue).settle({
    ...(accept === undefined ? {} : { accept }),
    ...(release === undefined ? {} : { release: release.map((receipt) => ({ receipt, ...(delay === undefined ? {} : { delaySeconds: delay }) })) }),
    ...(reject === undefined ? {} : { reject: reject.map((receipt) => ({ receipt, ...(reason === undefined ? {} : { reason }) })) }),
  });
  await context.out.list(results, { receipt: ({ receipt }) => receipt, outcome: ({ outcome, problem }) => problem?.code ?? outcome, 'what to do': ({ problem }) => problem?.detail }, '');
  if (results.some(({ outcome }) => outcome === 'failed')) throw new Ended(exitCodes.failed);
}
