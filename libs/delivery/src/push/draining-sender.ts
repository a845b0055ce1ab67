import type { Answer, Call, Sender } from '../destination.js';

/** Longer than a call can take: its time-out is a minute at most, and it ends two seconds after it. */
export const drainWithinMs = 70_000;

/**
 * A sender that ends when its calls have: closing the connections under one would have it sent again, to a destination that may
 * have taken it. Closing takes so long at most, whatever the calls and the kind of destination do, and no longer once the process ends.
 */
export class DrainingSender implements Sender {
  #underWay = 0;
  #drained: (() => void) | undefined;
  /** Made once: every call would make its own. */
  readonly #answered = (answer: Answer): Answer => {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#drained?.();
    return answer;
  };
  readonly #failed = (error: unknown): never => {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#drained?.();
    throw error;
  };

  constructor(
    private readonly sender: Sender,
    private readonly withinMs = drainWithinMs,
    /** Resolves when the process ends: what is still under way then was given up. */
    private readonly ending: Promise<void> = new Promise(() => undefined),
  ) {}

  send(call: Call): Promise<Answer> {
    const answer = this.sender.send(call);
    this.#underWay += 1;
    return answer.then(this.#answered, this.#failed);
  }

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = Promise.race([this.ending, new Promise<void>((resolve) => (timer = setTimeout(resolve, this.withinMs)))]);
    try {
      if (this.#underWay > 0) await Promise.race([new Promise<void>((resolve) => (this.#drained = resolve)), late]);
      await Promise.race([this.sender.close(), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
