import type { AddCommands, Context } from '../context.js';
import { facts } from '../output.js';
import { wholeIn } from '../values.js';

/** queues, exchanges, bindings, figures, pause, resume, groups, park, unpark. */
export const queueCommands: AddCommands = (program, run) => {
  program
    .command('queues')
    .description('queues with their depths')
    .action(
      run((context) =>
        context.out.list(
          context.client().queueFigures(),
          { name: ({ name }) => name, ready: ({ ready }) => ready, leased: ({ leased }) => leased, delayed: ({ delayed }) => delayed, deferred: ({ deferred }) => deferred, dead: ({ dead }) => dead, oldest: ({ oldestReadyAgeMs }) => age(oldestReadyAgeMs), paused: ({ paused }) => (paused ? 'paused' : '') },
          'No queues yet.',
        ),
      ),
    );
  program
    .command('exchanges')
    .description('exchanges of the namespace')
    .action(
      run((context) =>
        context.out.list(
          context.managing().topology.exchanges(),
          { name: ({ name }) => name, kind: ({ kind }) => kind, bindings: ({ bindings }) => bindings, alternate: ({ alternate }) => alternate },
          'No exchanges yet.',
        ),
      ),
    );
  program
    .command('bindings')
    .description('bindings of the namespace')
    .option('-e, --exchange <name>', 'that leave this exchange')
    .option('-q, --queue <name>', 'that lead to this queue')
    .action(
      run((context, { exchange, queue }: { exchange?: string; queue?: string }) =>
        context.out.list(
          context.managing().topology.bindings({ ...(exchange === undefined ? {} : { exchange }), ...(queue === undefined ? {} : { queue }) }),
          { id: ({ id }) => id, from: ({ source }) => source, to: ({ destination }) => ('queue' in destination ? destination.queue : destination.exchange), pattern: ({ pattern }) => pattern, weight: ({ weight }) => weight },
          'No bindings.',
        ),
      ),
    );
  const one = (name: string, description: string, act: (context: Context, queue: string) => Promise<object>) =>
    program.command(name).description(description).argument('<queue>').action(run(async (context, queue: string) => {
      const answer = await act(context, queue);
      context.out.show(answer, facts(answer as Record<string, unknown>));
    }));
  one('figures', 'depths, age and totals of one queue', (context, queue) => context.client().queue(queue).figures());
  one('resume', 'hand messages out again', (context, queue) => context.client().queue(queue).resume());
  program
    .command('pause')
    .description('hand nothing out until it is resumed, or for a time; publishing and settling go on')
    .argument('<queue>')
    .option('--seconds <seconds>', 'for so long', wholeIn(1, 31_622_400))
    .action(
      run(async (context, queue: string, { seconds }: { seconds?: number }) => {
        const answer = await context.client().queue(queue).pause(seconds);
        context.out.show(answer, `Paused ${answer.until === null ? 'until it is resumed' : `until ${answer.until}`}.`);
      }),
    );
  program
    .command('groups')
    .description('groups of a fifo or fair queue, and what blocks each')
    .argument('<queue>')
    .action(
      run((context, queue: string) =>
        context.out.list(
          context.client().queue(queue).groups(),
          { group: ({ group }) => group, messages: ({ messages }) => messages, state: ({ state }) => state, 'in flight': ({ blockedBy }) => blockedBy?.id, holder: ({ blockedBy }) => blockedBy?.holder, reason: ({ parkedReason }) => parkedReason },
          'No groups.',
        ),
      ),
    );
  program
    .command('park')
    .description('hand out nothing of one group until it is unparked')
    .argument('<queue>')
    .argument('<group>')
    .option('--reason <text>')
    .action(
      run(async (context, queue: string, group: string, { reason }: { reason?: string }) => {
        const answer = await context.client().queue(queue).park(group, reason);
        context.out.show(answer, facts({ ...answer }));
      }),
    );
  program
    .command('unpark')
    .description('let a parked group go on')
    .argument('<queue>')
    .argument('<group>')
    .action(
      run(async (context, queue: string, group: string) => {
        const answer = await context.client().queue(queue).unpark(group);
        context.out.show(answer, facts({ ...answer }));
      }),
    );
};

function age(ms: number | null): string {
  if (ms === null) return '';
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
