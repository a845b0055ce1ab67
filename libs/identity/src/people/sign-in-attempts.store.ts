import { createHash } from 'node:crypto';
import { WaybillError } from '@waybill/kernel';
import type { Redis } from 'ioredis';

export const attemptLimits = {
  windowSeconds: 900,
  /** Per e-mail address and remote address. */
  perPerson: 10,
  /** Per remote address, whatever the e-mail: bounds both guessing across people and the number of keys here. */
  perAddress: 100,
} as const;

/** Counts sign-in and sign-up attempts in Redis, so that all control planes share them. Keys expire by themselves. */
export class SignInAttempts {
  constructor(private readonly redis: Redis) {}

  /** Counts one attempt. Fails with `sign_in_rate_limited` beyond the limit, `store_unavailable` without Redis: never open. */
  async count(email: string, remoteAddress: string): Promise<void> {
    const person = personKey(email, remoteAddress);
    const address = addressKey(remoteAddress);
    const replies = await this.#run((commands) =>
      commands
        .incr(address).expire(address, attemptLimits.windowSeconds, 'NX').ttl(address)
        .incr(person).expire(person, attemptLimits.windowSeconds, 'NX').ttl(person),
    );
    const [ofAddress = 0, , addressSeconds = 0, ofPerson = 0, , personSeconds = 0] = replies.map(Number);
    if (ofAddress > attemptLimits.perAddress) throw new WaybillError('sign_in_rate_limited', { retryAfterSeconds: Math.max(1, addressSeconds) });
    if (ofPerson > attemptLimits.perPerson) throw new WaybillError('sign_in_rate_limited', { retryAfterSeconds: Math.max(1, personSeconds) });
  }

  /** After a success: the person's count starts again, the address's does not. */
  async forget(email: string, remoteAddress: string): Promise<void> {
    await this.#run((commands) => commands.del(personKey(email, remoteAddress)));
  }

  async #run(fill: (commands: ReturnType<Redis['pipeline']>) => ReturnType<Redis['pipeline']>): Promise<unknown[]> {
    try {
      const replies = await fill(this.redis.pipeline()).exec();
      const failure = replies?.find(([error]) => error !== null)?.[0];
      if (failure) throw failure;
      return (replies ?? []).map(([, reply]) => reply);
    } catch (cause) {
      throw new WaybillError('store_unavailable', {}, { cause });
    }
  }
}

/** Hashed, so that Redis holds no address of a person and no key of foreign length. */
function personKey(email: string, remoteAddress: string): string {
  return `waybill:sign-in:person:${createHash('sha256').update(`${remoteAddress}\n${email}`).digest('base64url')}`;
}

function addressKey(remoteAddress: string): string {
  return `waybill:sign-in:address:${remoteAddress}`;
}
