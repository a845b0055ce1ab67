import type { Skip } from './report.js';

/** What one benchmark has started; undone in reverse order, also after a failure or Ctrl-C. */
export class Scope {
  readonly skipped: Skip[] = [];
  /** Versions that only a running peer tells. */
  readonly versions: Record<string, string> = {};
  readonly #undo: (() => Promise<unknown> | void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(readonly group: string) {}

  defer(undo: () => Promise<unknown> | void): void {
    this.#undo.push(undo);
  }

  /** Starts a peer; one that is not there, or does not start, is skipped by name and the others go on. */
  async peer<T extends { stop(): Promise<unknown> }>(name: string, start: () => Promise<T>): Promise<T | undefined> {
    try {
      const peer = await start();
      this.defer(() => peer.stop());
      return peer;
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
      this.skipped.push({ group: this.group, peer: name, reason });
      console.error(`  skipped: ${name}: ${reason}`);
      return undefined;
    }
  }

  /** Resolves when everything is undone, whoever asked first. */
  close(): Promise<void> {
    return (this.#closing ??= this.#undoAll());
  }

  async #undoAll(): Promise<void> {
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) await undo();
  }
}
