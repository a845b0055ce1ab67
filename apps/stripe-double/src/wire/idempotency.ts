import { createHash } from 'node:crypto';
import { invalid, StripeFailure } from '../stripe-failure.js';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Same key and same request: the same answer (docs.stripe.com/api/idempotent_requests). */
export class IdempotencyKeys {
  readonly #kept = new Map<string, { readonly digest: string; readonly answer: Answer | null }>();

  /** The kept answer, or null when the call is to be carried out. Throws on another request under the key, or one under way. */
  begin(key: string, request: string): Answer | null {
    const digest = createHash('sha256').update(request).digest('hex');
    const kept = this.#kept.get(key);
    if (!kept) {
      this.#kept.set(key, { digest, answer: null });
      return null;
    }
    if (kept.digest !== digest) {
      throw new StripeFailure(400, 'idempotency_error', `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}'.`);
    }
    if (kept.answer === null) throw new StripeFailure(409, 'idempotency_error', 'There is currently another in-progress request using this Idempotent Key.', { code: 'idempotency_key_in_use' });
    return { ...kept.answer, headers: { ...kept.answer.headers, 'idempotent-replayed': 'true' } };
  }

  /** An answer is kept whether it tells of success or failure; null, and nothing is kept, where the call was not carried out. */
  end(key: string, answer: Answer | null): void {
    const kept = this.#kept.get(key);
    if (!kept) throw invalid('the key was never begun');
    if (answer === null) this.#kept.delete(key);
    else this.#kept.set(key, { digest: kept.digest, answer });
  }
}
