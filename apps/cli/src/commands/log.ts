import { setTimeout as pause } from 'node:timers/promises';
import type { LoggedEvent, LogQuery, MessageEvent } from '@waybill/client';
import { messageEvents } from '@waybill/contracts';
import type { AddCommands, Context } from '../context.js';
import { LogFollower } from '../log-follower.js';
import { printable } from '../output.js';
import { among, momentAgo, wholeIn } from '../values.js';

interface LogFlags {
  readonly queue?: string;
  readonly exchange?: string;
  readonly routingKey?: string;
  readonly event?: MessageEvent;
  readonly since?: string;
  readonly until?: string;
  readonly max?: number;
}

/** Between two looks at the log. */
const lookMs = 1_000;
const moment = momentAgo(() => Date.now());
const columns: Record<string, (event: LoggedEvent) => unknown> = {
  at: ({ at }) => at, event: ({ event }) => event, message: ({ messageId }) => messageId, exchange: ({ exchange }) => exchange, queue: ({ queue }) => queue,
  key: ({ key }) => key, deliveries: ({ deliveries }) => deliveries, who: ({ holder }) => holder, reason: ({ reason }) => reason,
};

/** timeline, search, tail. */
export const logCommands: AddCommands = (program, run) => {
  program
    .command('timeline')
    .description('what happened to one message')
    .argument('<message-id>')
    .action(
      run(async (context, id: string) => {
        const { events, completeUntil } = await context.client().messageLog.timeline(id);
        await context.out.list(events, columns, 'Nothing is known about this message.');
        if (!context.out.asJson && completeUntil !== null) context.out.note(`Complete until ${completeUntil}.`);
      }),
    );
  program
    .command('search')
    .description('search what happened, newest first')
    .option('-q, --queue <name>')
    .option('-k, --routing-key <key>', 'a trailing * matches any end')
    .option('--event <event>', messageEvents.join(', '), among(...messageEvents))
    .option('--since <time>', 'time ago (15m, 2h, 7d) or moment', moment)
    .option('--until <time>', 'time ago or moment', moment)
    .option('-n, --max <count>', 'at most so many', wholeIn(1, 100_000), 100)
    .action(
      run(async (context, { max = 100, until, ...flags }: LogFlags) => {
        const found = context.client().messageLog.search({ ...queryOf(flags), ...(until === undefined ? {} : { to: until }), limit: Math.min(max, 500) });
        await context.out.list(firstOf(found, max), columns, 'Nothing was found.');
      }),
    );
  program
    .command('tail')
    .description('follow what happens to the messages of a queue or an exchange, until Ctrl-C')
    .option('-q, --queue <name>')
    .option('-e, --exchange <name>', 'what is published to it')
    .option('-k, --routing-key <key>', 'a trailing * matches any end')
    .option('--event <event>', messageEvents.join(', '), among(...messageEvents))
    .option('--since <time>', 'begin with what happened since (15m, 2h) instead of now', moment)
    .action(run(tail));
};

async function tail(context: Context, flags: LogFlags): Promise<void> {
  const { messageLog } = context.client();
  const query = queryOf(flags);
  const follower = new LogFollower((from, after) => messageLog.searchPage({ ...query, from, limit: 500, ...(after === undefined ? {} : { after }) }), flags.since ?? new Date().toISOString());
  while (!context.signal.aborted) {
    for (const event of await follower.look()) {
      if (flags.exchange !== undefined && event.exchange !== flags.exchange) continue;
      context.out.show(event, lineOf(event));
    }
    await pause(lookMs, undefined, { signal: context.signal }).catch(() => undefined);
  }
}

function lineOf({ at, event, messageId, exchange, queue, key, deliveries, holder, reason }: LoggedEvent): string {
  const facts = { exchange, queue, key, delivery: deliveries, by: holder, reason };
  const told = Object.entries(facts).flatMap(([name, value]) => (value === null ? [] : [`${name} ${value}`]));
  return printable([at, event.padEnd(9), messageId ?? '-', ...told].join('  '));
}

function queryOf({ queue, routingKey, event, since }: LogFlags): LogQuery {
  return { ...(queue === undefined ? {} : { queue }), ...(routingKey === undefined ? {} : { key: routingKey }), ...(event === undefined ? {} : { event }), ...(since === undefined ? {} : { from: since }) };
}

async function* firstOf<T>(items: AsyncIterable<T>, most: number): AsyncGenerator<T> {
  let count = 0;
  for await (const item of items) {
    yield item;
    if ((count += 1) >= most) return;
  }
}
