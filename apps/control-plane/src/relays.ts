import type { Logger } from '@waybill/kernel';

const everyMs = 2_000;

/**
 * Runs the relays that bring into Redis what was committed to PostgreSQL while Redis was away: once at the start,
 * then every two seconds. A failure is logged when it begins and when it ends, not every round.
 */
export class Relays {
  readonly #failing = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly relays: Readonly<Record<string, () => Promise<unknown>>>,
    private readonly logger: Logger,
  ) {}

  /** Resolves after the first round, whatever came of it. */
  async start(): Promise<void> {
    await this.round();
    if (!this.#stopped) this.#timer = setTimeout(() => void this.start(), everyMs).unref();
  }

  /** One round now. */
  async round(): Promise<void> {
    this.#round = this.#runAll();
    await this.#round;
  }

  /** Resolves when no round is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  async #runAll(): Promise<void> {
    await Promise.all(Object.entries(this.relays).map(([name, relay]) => this.#run(name, relay)));
  }

  async #run(name: string, relay: () => Promise<unknown>): Promise<void> {
    try {
      await relay();
      if (this.#failing.delete(name)) this.logger.info('relay.recovered', { relay: name });
    } catch (error) {
      if (this.#failing.has(name)) return;
      this.#failing.add(name);
      this.logger.error('relay.failed', { relay: name, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
}
