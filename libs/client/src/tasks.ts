import type { Task } from '@waybill/contracts';
import { everyItem } from './pages.js';
import { segment } from './transport.js';
import type { Transport } from './transport.js';

/** Between two looks at a running task. */
const lookMs = 500;

/** Work on many messages that a worker carries out: redrive, move, purge by filter. */
export class Tasks {
  constructor(private readonly transport: Transport) {}

  /** Those of the last week, newest first. */
  list(): AsyncGenerator<Task, void, undefined> {
    return everyItem((after) => this.transport.get('/v1/tasks', { after }));
  }

  get(id: string): Promise<Task> {
    return this.transport.get(`/v1/tasks/${segment(id)}`);
  }

  /** Stops it; what it has done stays done. */
  cancel(id: string): Promise<Task> {
    return this.transport.json({ method: 'DELETE', path: `/v1/tasks/${segment(id)}`, repeat: 'always' });
  }

  /** The task when it has ended, however it ended. */
  async finished(id: string, signal?: AbortSignal): Promise<Task> {
    for (;;) {
      const task = await this.get(id);
      if (task.state !== 'running') return task;
      await this.transport.time.sleep(lookMs, signal);
    }
  }
}
