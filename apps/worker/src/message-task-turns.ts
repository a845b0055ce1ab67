import type { MarkedNamespaces, TaskRunner, TaskStore } from '@waybill/broker';
import type { Clock, NamespaceId } from '@waybill/kernel';

/** How long one task is worked on before the next one of its namespace has its turn. */
const turnMs = 500;

/** Gives the tasks of a namespace their turns. */
export class MessageTaskTurns {
  constructor(
    readonly marks: MarkedNamespaces,
    private readonly tasks: Pick<TaskStore, 'running'>,
    private readonly runner: Pick<TaskRunner, 'turn'>,
    private readonly clock: Clock,
    private readonly worker: string,
  ) {}

  /** Until all have ended, or wait for their rate or for another worker, or `untilMs`. Returns how many are left. */
  async take(ns: NamespaceId, untilMs: number): Promise<number> {
    for (;;) {
      const ids = await this.tasks.running(ns);
      let busy = false;
      for (const id of ids) {
        const startMs = this.clock.nowMs();
        if (startMs >= untilMs) return ids.length;
        const end = await this.runner.turn(ns, id, this.worker, Math.min(untilMs, startMs + turnMs));
        busy ||= end === 'ended' || (end === 'paused' && this.clock.nowMs() - startMs >= turnMs);
      }
      if (!busy) return ids.length;
    }
  }
}
