import type { Position } from './position.js';
import type { Stored } from './redis/message.store.js';

/** Calls after which nobody else is taken to publish any more. */
const callsAlone = 50;

/**
 * Whether other processes publish in the same namespace, told by the positions: a call that finds a later last position
 * than its lane left behind had somebody before it. Calls are answered in the order they were carried out.
 */
export class Neighbours {
  #last: Position | undefined;
  #callsLeft = 0;

  get present(): boolean {
    return this.#callsLeft > 0;
  }

  /** What a call of this lane stored. */
  note({ first, before }: Stored, records: number): void {
    if (before !== undefined && this.#last !== undefined && before !== this.#last) this.#callsLeft = callsAlone;
    else if (this.#callsLeft > 0) this.#callsLeft -= 1;
    this.#last = first + records - 1;
  }
}
