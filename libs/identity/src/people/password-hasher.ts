import { Algorithm, hash, verify } from '@node-rs/argon2';
import { WaybillError } from '@waybill/kernel';

/** The least that OWASP and ASVS ask of argon2id: 19 MiB, two passes, one lane. */
const cost = { algorithm: 2 satisfies Algorithm.Argon2id as Algorithm, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export interface HasherLimits {
  /** Hashes computed at once; each takes a core and 19 MiB. */
  readonly atOnce: number;
  /** Further ones that may wait; beyond, callers are sent away. */
  readonly waiting: number;
}

/** Hashes passwords without letting a flood of sign-ins take the machine. */
export class PasswordHasher {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #decoy: Promise<string> | undefined;

  constructor(private readonly limits: HasherLimits = { atOnce: 2, waiting: 64 }) {}

  /** A PHC string. Fails with `sign_in_rate_limited` when too many wait. */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(password, cost));
  }

  /**
   * Whether the password fits. With null (no such person) it verifies against a decoy all the same, so that the time
   * taken does not tell whether the address is known. Fails with `sign_in_rate_limited` when too many wait.
   */
  async verify(passwordHash: string | null, password: string): Promise<boolean> {
    const against = passwordHash ?? (await this.#decoyHash());
    const fits = await this.#inTurn(() => verify(against, password));
    return fits && passwordHash !== null;
  }

  /** Makes the decoy before the first person asks, so that the first answer is not slower than the others. */
  async warmUp(): Promise<void> {
    await this.#decoyHash();
  }

  #decoyHash(): Promise<string> {
    this.#decoy ??= hash('no person has this password', cost);
    return this.#decoy;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.limits.atOnce) {
      if (this.#waiting.length >= this.limits.waiting) throw new WaybillError('sign_in_rate_limited', { retryAfterSeconds: 2 });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      // The place goes straight to the next in line, so nobody can slip in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
