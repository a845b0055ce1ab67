import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

/** A Lua file of this folder, called by its digest; sent whole once after a restart or failover forgot it. */
export class Script {
  readonly #source: string;
  readonly #sha1: string;

  constructor(file: string) {
    this.#source = readFileSync(new URL(file, import.meta.url), 'utf8');
    this.#sha1 = createHash('sha1').update(this.#source).digest('hex');
  }

  async run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<string[]> {
    try {
      return (await redis.evalsha(this.#sha1, keys.length, ...keys, ...args)) as string[];
    } catch (error) {
      // Nothing ran, so calling again cannot do anything twice.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return (await redis.eval(this.#source, keys.length, ...keys, ...args)) as string[];
    }
  }
}
