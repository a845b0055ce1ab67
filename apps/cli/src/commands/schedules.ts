import type { Schedule } from '@waybill/client';
import type { AddCommands, Context } from '../context.js';
import { facts } from '../output.js';
import { outgoingOf } from '../message-input.js';
import type { PublishTarget } from '@waybill/client';
import { target } from '../values.js';

interface PutFlags {
  readonly cron: string;
  readonly timeZone: string;
  readonly to: PublishTarget;
  readonly body: string;
  readonly contentType?: string;
  readonly routingKey?: string;
  readonly paused?: boolean;
}

/** schedules list, show, put, pause, resume, delete. */
export const scheduleCommands: AddCommands = (program, run) => {
  const schedules = program.command('schedules').description('messages that are published again and again');
  schedules
    .command('list', { isDefault: true })
    .description('schedules by name')
    .action(
      run((context) =>
        context.out.list(
          context.client().schedules.list(),
          { name: ({ name }) => name, cron: ({ cron }) => cron, 'time zone': ({ timeZone }) => timeZone, to: ({ to }) => place(to), next: ({ nextAt, paused }) => (paused ? 'paused' : nextAt), last: ({ lastAt }) => lastAt, problem: ({ lastProblem }) => lastProblem },
          'No schedules yet.',
        ),
      ),
    );
  schedules.command('show').description('one schedule').argument('<name>').action(run(async (context, name: string) => show(context, await context.client().schedules.get(name))));
  schedules
    .command('put')
    .description('create a schedule or give it these settings')
    .argument('<name>')
    .requiredOption('--cron <expression>', 'minute hour day month weekday')
    .option('--time-zone <zone>', 'IANA name', 'UTC')
    .requiredOption('--to <target>', 'queue:<name> or exchange:<name>', target)
    .requiredOption('--body <text>', 'body of the message')
    .option('-t, --content-type <type>', 'content type of the body', 'text/plain; charset=utf-8')
    .option('-k, --routing-key <key>', 'routing key of the message')
    .option('--paused', 'do not run yet')
    .action(
      run(async (context, name: string, { cron, timeZone, to, body, contentType, routingKey: key, paused }: PutFlags) =>
        show(context, await context.client().schedules.put(name, { cron, timeZone, to, paused: paused ?? false, message: { body, contentType, key } })),
      ),
    );
  const setPaused = (paused: boolean) => async (context: Context, name: string) => {
    const client = context.client();
    const { cron, timeZone, to, message } = await client.schedules.get(name);
    show(context, await client.schedules.put(name, { cron, timeZone, to, paused, message: outgoingOf(message) }));
  };
  schedules.command('pause').description('do not run until it is resumed').argument('<name>').action(run(setPaused(true)));
  schedules.command('resume').description('run again').argument('<name>').action(run(setPaused(false)));
  schedules
    .command('delete')
    .description('cancel a schedule')
    .argument('<name>')
    .action(
      run(async (context, name: string) => {
        await context.client().schedules.delete(name);
        context.out.show({ deleted: name }, `Cancelled the schedule "${name}".`);
      }),
    );
};

const place = (to: Schedule['to']): string => ('queue' in to ? `queue:${to.queue}` : `exchange:${to.exchange}`);

function show(context: Context, schedule: Schedule): void {
  context.out.show(schedule, facts({ ...schedule, to: place(schedule.to) }));
}
