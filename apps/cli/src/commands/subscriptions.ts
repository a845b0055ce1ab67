import type { Attempt, Subscription, TestResult } from '@waybill/client';
import { InvalidArgumentError } from 'commander';
import type { AddCommands, Context } from '../context.js';
import { Ended, exitCodes, UsageError } from '../failure.js';
import { facts } from '../output.js';
import { headerPair, momentAgo, numberIn, wholeIn } from '../values.js';

interface PutFlags {
  readonly queue: string;
  readonly kind: string;
  readonly to?: string;
  readonly settings?: Record<string, unknown>;
  readonly secret?: Record<string, string>;
  readonly customer?: string;
  readonly description?: string;
}

/** subscriptions list, show, put, pause, resume, enable, delete, test, ask; attempts; resend. */
export const subscriptionCommands: AddCommands = (program, run) => {
  const subscriptions = program.command('subscriptions').description('pushing queues to destinations');
  const one = (name: string, description: string, act: (context: Context, subscription: string) => Promise<void>) =>
    subscriptions.command(name).description(description).argument('<name>').action(run(act));
  const changing = (name: 'pause' | 'resume' | 'enable', description: string) =>
    one(name, description, async (context, subscription) => show(context, await context.managing().subscriptions[name](subscription)));

  subscriptions
    .command('list', { isDefault: true })
    .description('subscriptions by name')
    .action(
      run((context) =>
        context.out.list(
          context.managing().subscriptions.list(),
          { name: ({ name }) => name, queue: ({ queue }) => queue, kind: ({ kind }) => kind, state: ({ state }) => state, why: ({ disabledReason, held }) => disabledReason ?? (held ? 'no recipient has confirmed' : null), 'failing since': ({ failingSince }) => failingSince, customer: ({ customer }) => customer },
          'No subscriptions yet.',
        ),
      ),
    );
  one('show', 'one subscription', async (context, name) => show(context, await context.managing().subscriptions.get(name)));
  subscriptions
    .command('put')
    .description('create a subscription or give it these settings; what is left out is as usual')
    .argument('<name>')
    .requiredOption('-q, --queue <name>', 'whose messages are pushed')
    .option('--kind <kind>', 'kind of destination', 'webhook')
    .option('--to <url>', 'address of a webhook: short for --settings with a url')
    .option('--settings <json>', 'settings of the kind', objectOf)
    .option('--secret <name=value>', 'secret of the kind, repeatable; those that can be made are made', headerPair)
    .option('--customer <id>', 'your customer whose portal shows it')
    .option('--description <text>', 'for people')
    .action(
      run(async (context, name: string, { queue, kind, to, settings = {}, secret = {}, customer, description }: PutFlags) => {
        const put = await context.managing().subscriptions.put(name, {
          queue, kind, settings: { ...settings, ...(to === undefined ? {} : { url: to }) }, secrets: secret, customer: customer ?? null, description: description ?? '',
        });
        const { secrets, ...subscription } = put;
        const made = secrets.map(({ name: which, value }) => `secret ${which}, shown this once: ${value}`);
        context.out.show(put, [wordsOf(subscription), ...made].join('\n'));
      }),
    );
  changing('pause', 'call the destination no more until it is resumed');
  changing('resume', 'go on with a paused subscription');
  changing('enable', 'go on with a disabled subscription');
  one('test', 'send a test event now', async (context, name) => tell(context, await context.managing().subscriptions.test(name)));
  subscriptions
    .command('ask')
    .description('send a recipient of mails the mail that asks for confirmation again')
    .argument('<name>')
    .argument('<address>')
    .action(
      run(async (context, name: string, address: string) => {
        const asked = await context.managing().subscriptions.askRecipient(name, address);
        context.out.show(asked, `${address} is asked again; the link works for three days.`);
      }),
    );
  one('delete', 'delete a subscription; the queue keeps its messages', async (context, name) => {
    await context.managing().subscriptions.delete(name);
    context.out.show({ deleted: name }, `Deleted the subscription "${name}".`);
  });

  program
    .command('attempts')
    .description('calls to destinations, newest first')
    .option('-s, --subscription <name>', 'of this subscription')
    .option('-m, --message <id>', 'of this message')
    .option('--failed', 'those that failed')
    .option('--since <time>', 'since a time ago like 2h, or a moment', momentAgo(Date.now))
    .option('-n, --limit <number>', 'at most so many', wholeIn(1, 100_000), 50)
    .action(
      run((context, { subscription, message, failed, since, limit }: { subscription?: string; message?: string; failed?: boolean; since?: string; limit: number }) =>
        context.out.list(
          first(context.managing().subscriptions.attempts({
            ...(subscription === undefined ? {} : { subscription }), ...(message === undefined ? {} : { message }), ...(failed ? { outcome: 'failed' as const } : {}), ...(since === undefined ? {} : { from: since }),
          }), limit),
          { id: ({ id }) => id, at: ({ at }) => at, subscription: (attempt) => attempt.subscription, message: (attempt) => attempt.message, attempt: ({ attempt }) => attempt, outcome: ({ outcome }) => outcome, answer: ({ status, reason }) => status ?? reason, ms: ({ durationMs }) => durationMs },
          'No attempts.',
        ),
      ),
    );
  program
    .command('resend')
    .description('send the message of an attempt again, or everything of a subscription that failed since a time; ids stay')
    .argument('[attempt]', 'id of an attempt')
    .option('-s, --subscription <name>', 'everything of this subscription')
    .option('--since <time>', 'that failed since a time ago like 2h, or a moment', momentAgo(Date.now))
    .option('--rate <number>', 'messages a second', numberIn(0.1, 100_000))
    .option('--dry-run', 'only say how many')
    .action(
      run(async (context, attempt: string | undefined, { subscription, since, rate, dryRun }: { subscription?: string; since?: string; rate?: number; dryRun?: boolean }) => {
        const { subscriptions: calls } = context.managing();
        if (attempt !== undefined && subscription === undefined) {
          const resent = await calls.resend(attempt);
          context.out.show(resent, `${resent.message} is sent again, ${resent.from === 'dead' ? 'from the dead letters' : 'ahead of its time'}.`);
        } else if (attempt === undefined && subscription !== undefined && since !== undefined && dryRun === true) {
          const failed = await calls.countFailed(subscription, since);
          context.out.show(failed, `${failed.retries} wait for their next attempt, ${failed.dead} are dead letters.`);
        } else if (attempt === undefined && subscription !== undefined && since !== undefined) {
          const task = await calls.resendFailed(subscription, { since, ...(rate === undefined ? {} : { ratePerSecond: rate }) });
          context.out.show(task, `${task.retries} that waited for their next attempt are due now. Dead letters: waybill tasks wait ${task.id}`);
        } else throw new UsageError('Give an attempt, or --subscription and --since.');
      }),
    );
};

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, as for every other text that is no object.
  }
  throw new InvalidArgumentError('A JSON object is wanted.');
}

async function* first(items: AsyncIterable<Attempt>, most: number): AsyncGenerator<Attempt, void, undefined> {
  let count = 0;
  for await (const item of items) {
    yield item;
    if ((count += 1) >= most) return;
  }
}

function show(context: Context, subscription: Subscription): void {
  context.out.show(subscription, wordsOf(subscription));
}

/** Its facts, and a line for each of the people it mails. */
function wordsOf({ recipients, ...subscription }: Subscription): string {
  const people = recipients.map(({ address, state, notAsked }) => `recipient ${address}: ${state}${notAsked === null ? '' : `, the mail that asks could not be sent: ${notAsked}`}`);
  return [facts(subscription), ...people].join('\n');
}

/** A test that was not delivered ends with a code of its own, for scripts. */
function tell(context: Context, result: TestResult): void {
  context.out.show(result, facts({ ...result }));
  if (result.outcome !== 'delivered') throw new Ended(exitCodes.failed);
}
