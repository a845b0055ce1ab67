import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { positionOf, timeOfMs } from '@waybill/broker';
import type { IdempotencyStore, PublishedMessage, PublishOptions } from '@waybill/broker';
import { WaybillError } from '@waybill/kernel';
import type { Clock, Logger, NamespaceId } from '@waybill/kernel';

export interface IdempotentCall {
  readonly ns: NamespaceId;
  readonly key: string;
  /** Digest of what was asked for, hex. */
  readonly request: string;
  readonly publish: (idempotency: NonNullable<PublishOptions['idempotency']>) => Promise<PublishedMessage[]>;
  /** The answer to what was published. */
  readonly answer: (published: readonly PublishedMessage[]) => string;
}

export interface Answered {
  readonly text: string;
  readonly replayed: boolean;
}

/** So long a first request may be between storing its messages and noting its answer. */
const underWayMs = 5_000;

/**
 * Carries a request with an Idempotency-Key out once within a day. That it was carried out is noted by the step that
 * stores its messages, so no crash makes it two; the answer is noted after it. If that failed, the answer is written
 * again from the same messages under the topology of now.
 */
export class IdempotentCalls {
  /** Calls of this process under way: two in one group commit would not see each other. */
  readonly #underWay = new Set<string>();

  constructor(
    private readonly answers: IdempotencyStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Fails like a publish, and with `idempotency_key_reused` or `idempotency_key_in_use`. */
  async run(call: IdempotentCall): Promise<Answered> {
    const key = digest(call.key);
    const name = `${call.ns} ${key}`;
    if (this.#underWay.has(name)) throw inUse();
    this.#underWay.add(name);
    try {
      return await this.#carryOut(call, key);
    } finally {
      this.#underWay.delete(name);
    }
  }

  async #carryOut({ ns, request, publish, answer }: IdempotentCall, key: string): Promise<Answered> {
    const published = await publish({ key, request });
    const [first] = published;
    if (first?.outcome !== 'replayed') return { text: await this.#noted(ns, key, answer(published)), replayed: false };
    const noted = await this.answers.find(ns, key);
    if (noted !== undefined) return { text: noted, replayed: true };
    const position = positionOf(first.id);
    if (position !== undefined && this.clock.nowMs() - timeOfMs(position) < underWayMs) throw inUse();
    return { text: await this.#noted(ns, key, answer(published)), replayed: true };
  }

  /** The messages are stored: an answer that cannot be noted is no reason to fail. */
  async #noted(ns: NamespaceId, key: string, text: string): Promise<string> {
    await this.answers.keep(ns, key, text).catch((error: Error) => this.logger.warn('idempotency.answer_not_kept', { namespaceId: ns, error }));
    return text;
  }
}

const inUse = (): WaybillError => new WaybillError('idempotency_key_in_use', { retryAfterSeconds: 1 });
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What makes two requests the same: where to, what the headers say about the message, and the body or its SHA-256. */
export function requestDigest({ url, headers }: Pick<IncomingMessage, 'url' | 'headers'>, body: Buffer | string): string {
  const hash = createHash('sha256').update(`${url ?? ''}\n`);
  for (const name of Object.keys(headers).sort()) {
    if (name === 'content-type' || name.startsWith('waybill-') || name.startsWith('ce-')) hash.update(`${name}:${String(headers[name])}\n`);
  }
  return hash.update('\n').update(body).digest('hex');
}
