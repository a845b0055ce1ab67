import type { BrowsedMessage, BrowseQuery, MessageFilter, Preview, PublishTarget, Task } from '@waybill/client';
import { messageStates } from '@waybill/contracts';
import type { Command } from 'commander';
import type { AddCommands, Context } from '../context.js';
import { UsageError } from '../failure.js';
import { bodyText } from '../message-text.js';
import { facts } from '../output.js';
import { among, headerPair, momentAgo, numberIn, target, wholeIn } from '../values.js';
import { showTask } from './tasks.js';

interface FilterFlags {
  readonly id?: string[];
  readonly routingKey?: string;
  readonly group?: string;
  readonly correlationId?: string;
  readonly header?: Record<string, string>;
  readonly bodyContains?: string;
  readonly since?: string;
  readonly until?: string;
  readonly reason?: string;
}
interface WorkFlags extends FilterFlags {
  readonly to?: PublishTarget;
  readonly rate?: number;
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly state?: string;
  readonly all?: boolean;
}

const moment = momentAgo(() => Date.now());
const columns: Record<string, (message: BrowsedMessage) => unknown> = {
  id: ({ id }) => id, state: ({ state }) => state, published: ({ publishedAt }) => publishedAt, key: ({ key }) => key, bytes: ({ bytes }) => bytes,
  deliveries: ({ deliveryCount }) => deliveryCount, holder: ({ holder }) => holder, until: ({ until }) => until, reason: ({ death }) => death?.reason, body: ({ body, bodyEncoding }) => body === undefined ? undefined : bodyText({ body, bodyEncoding }),
};

/** browse, peek, resubmit, redrive, move, purge. */
export const operateCommands: AddCommands = (program, run) => {
  filterOptions(program.command('browse').description('look at messages without consuming them').argument('<queue>'))
    .option('-s, --state <state>', messageStates.join(', '), among(...messageStates), 'ready')
    .option('-n, --max <count>', 'at most so many', wholeIn(1, 100_000), 50)
    .option('--body <how>', 'none, head or full', among('none', 'head', 'full'), 'head')
    .action(run(browse));
  program
    .command('peek')
    .description('look at one message, whatever its state')
    .argument('<queue>')
    .argument('<message-id>')
    .action(
      run(async (context, queue: string, id: string) => {
        const message = await context.client().queue(queue).peek(id);
        const { body, bodyEncoding, ...rest } = message;
        context.out.show(message, `${facts(rest)}\n\n${bodyText({ body, bodyEncoding })}`);
      }),
    );
  program
    .command('resubmit')
    .description('publish a dead letter again, edited, and remove it')
    .argument('<queue>')
    .argument('<message-id>')
    .option('--to <target>', 'queue:<name> or exchange:<name>; default: the queue', target)
    .option('--body <text>', 'another body')
    .option('-k, --routing-key <key>', 'another routing key')
    .option('-H, --header <name=value>', 'other headers, repeatable', headerPair)
    .action(
      run(async (context, queue: string, id: string, { to, body, routingKey: key, header: headers }: { to?: PublishTarget; body?: string; routingKey?: string; header?: Record<string, string> }) => {
        const message = { ...(body === undefined ? {} : { body }), ...(key === undefined ? {} : { key }), ...(headers === undefined ? {} : { headers }) };
        const receipt = await context.client().queue(queue).resubmit(id, { message, ...(to === undefined ? {} : { to }) });
        context.out.show(receipt, `${receipt.id}  stored in ${receipt.queues.join(', ') || 'no queue'}`);
      }),
    );
  workOptions(filterOptions(program.command('redrive').description('send dead letters back, keeping their ids').argument('<queue>')))
    .option('--to <target>', 'queue:<name> or exchange:<name>; default: the queue', target)
    .option('--rate <per-second>', 'at most so many a second', numberIn(0.1, 100_000))
    .action(run(redrive));
  workOptions(filterOptions(program.command('move').description('move ready messages or dead letters elsewhere, keeping their ids').argument('<queue>')))
    .requiredOption('--to <target>', 'queue:<name> or exchange:<name>', target)
    .option('-s, --state <state>', 'ready or dead', among('ready', 'dead'), 'ready')
    .option('--rate <per-second>', 'at most so many a second', numberIn(0.1, 100_000))
    .action(run(move));
  workOptions(filterOptions(program.command('purge').description('remove messages; leased ones stay with their holders').argument('<queue>')))
    .option('-s, --state <state>', 'ready, dead, delayed or deferred', among('ready', 'dead', 'delayed', 'deferred'), 'ready')
    .option('--all', 'really all of them: needed when there is no filter')
    .action(run(purge));
};

function filterOptions(command: Command): Command {
  return command
    .option('--id <id...>', 'messages with these ids')
    .option('-k, --routing-key <key>', 'with this routing key')
    .option('-g, --group <group>', 'of this group')
    .option('--correlation-id <id>', 'with this correlation id')
    .option('-H, --header <name=value>', 'with this header, repeatable', headerPair)
    .option('--body-contains <text>', 'with this text in the body (not with browse)')
    .option('--since <time>', 'published since: time ago (15m, 2h, 7d) or moment', moment)
    .option('--until <time>', 'published before: time ago or moment', moment)
    .option('--reason <reason>', 'dead letters that died for this reason');
}

function workOptions(command: Command): Command {
  return command.option('--dry-run', 'count and show examples, change nothing').option('--wait', 'wait until the work is done');
}

function filterOf({ id, routingKey, group, correlationId, header, bodyContains, since, until, reason }: FilterFlags): MessageFilter {
  const wanted = { ids: id, key: routingKey, group, correlationId, headers: header, bodyContains, publishedFrom: since, publishedTo: until, reason };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
}

async function browse(context: Context, queue: string, flags: FilterFlags & { state: BrowseQuery['state']; max: number; body: BrowseQuery['body'] }): Promise<void> {
  const { ids = [], bodyContains, ...filter } = filterOf(flags);
  if (bodyContains !== undefined || ids.length > 1) throw new UsageError('browse takes one --id and no --body-contains.');
  const query = { ...filter, ...(ids[0] === undefined ? {} : { id: ids[0] }), state: flags.state, body: flags.body, limit: Math.min(flags.max, 200) } as BrowseQuery;
  async function* wanted() {
    let left = flags.max;
    for await (const message of context.client().queue(queue).browse(query)) {
      yield message;
      if ((left -= 1) === 0) return;
    }
  }
  await context.out.list(wanted(), columns, 'No messages.');
}

async function redrive(context: Context, queue: string, flags: WorkFlags): Promise<void> {
  const handle = context.client().queue(queue);
  const filter = filterOf(flags);
  if (flags.dryRun) return showPreview(context, await handle.redrivePreview({ filter }));
  await started(context, flags, await handle.redrive({ filter, ...(flags.to === undefined ? {} : { to: flags.to }), ...(flags.rate === undefined ? {} : { ratePerSecond: flags.rate }) }));
}

async function move(context: Context, queue: string, { to, state, rate, ...flags }: WorkFlags & { to: PublishTarget; state: 'ready' | 'dead' }): Promise<void> {
  const handle = context.client().queue(queue);
  const filter = filterOf(flags);
  if (flags.dryRun) return showPreview(context, await handle.movePreview({ to, state, filter }));
  await started(context, flags, await handle.move({ to, state, filter, ...(rate === undefined ? {} : { ratePerSecond: rate }) }));
}

async function purge(context: Context, queue: string, flags: WorkFlags & { state: 'ready' | 'dead' | 'delayed' | 'deferred' }): Promise<void> {
  const handle = context.client().queue(queue);
  const filter = filterOf(flags);
  const { state } = flags;
  const filtered = Object.keys(filter).length > 0;
  if (flags.dryRun) return showPreview(context, await handle.purgePreview({ state, ...(filtered ? { filter } : {}) }));
  if (filtered) return started(context, flags, await handle.purgeWhere(filter, { state }));
  if (!flags.all) throw new UsageError(`This would remove every ${state} message of ${queue}: say --all, or narrow it. --dry-run counts them.`);
  const purged = await handle.purge({ state });
  context.out.show({ purged }, `Removed ${purged} messages.`);
}

async function started(context: Context, { wait }: WorkFlags, task: Task): Promise<void> {
  showTask(context, wait ? await context.client().tasks.finished(task.id, context.signal) : task);
}

async function showPreview(context: Context, preview: Preview): Promise<void> {
  if (context.out.asJson) return context.out.show(preview, '');
  context.out.note(`${preview.complete ? '' : 'At least '}${preview.matched} messages fit, of ${preview.scanned} looked at.`);
  await context.out.list(preview.sample, columns, 'No messages fit.');
}
