import type { Task } from '@waybill/client';
import type { AddCommands, Context } from '../context.js';
import { Ended, exitCodes } from '../failure.js';
import { facts } from '../output.js';

/** tasks list, show, wait, cancel. */
export const taskCommands: AddCommands = (program, run) => {
  const tasks = program.command('tasks').description('work on many messages: redrive, move, purge by filter');
  tasks
    .command('list', { isDefault: true })
    .description('tasks of the last week, newest first')
    .action(
      run((context) =>
        context.out.list(
          context.client().tasks.list(),
          { id: ({ id }) => id, kind: ({ kind }) => kind, queue: ({ queue }) => queue, state: ({ state }) => state, matched: ({ matched }) => matched, done: ({ done }) => done, refused: ({ refused }) => refused, created: ({ createdAt }) => createdAt },
          'No tasks in the last week.',
        ),
      ),
    );
  tasks.command('show').description('one task').argument('<id>').action(run(async (context, id: string) => showTask(context, await context.client().tasks.get(id))));
  tasks.command('wait').description('wait until it has ended').argument('<id>').action(run(async (context, id: string) => showTask(context, await context.client().tasks.finished(id, context.signal))));
  tasks.command('cancel').description('stop it; what it has done stays done').argument('<id>').action(run(async (context, id: string) => showTask(context, await context.client().tasks.cancel(id))));
};

/** Ends with an error when the task did. */
export function showTask(context: Context, task: Task): void {
  const { filter: _filter, to, ...rest } = task;
  context.out.show(task, facts({ ...rest, to: to ?? undefined }));
  if (task.state === 'failed') throw new Ended(exitCodes.failed);
}
