import { Readable } from 'node:stream';
import type { BodyStore } from '@waybill/body-store';
import type { Delivery, QueueRef, QueueStore } from '@waybill/broker';
import { WaybillError } from '@waybill/kernel';
import type { Logger, NamespaceId } from '@waybill/kernel';
import { bytesOf } from './request-body.js';
import type { MarkedBody } from './request-body.js';

export interface LargeBodyLimits {
  readonly inlineBytes: number;
  readonly largeBytes: number;
}

/** A body in its place, before its message is published. */
export interface UploadedBody {
  readonly id: string;
  readonly bytes: number;
  readonly sha256: string;
}

const uploadsAtOnce = 32;
/** Bytes of bodies being fetched at a time by this process. */
const fetchingBytes = 256 * 1024 * 1024;
/** Bytes of large bodies in one answer; a single one is always given. */
const answerBytes = 64 * 1024 * 1024;
/** A message whose body could not be fetched is not tried again at once. */
const retryMs = 5_000;
/** A client that sends nothing for so long is cut off. */
const silenceMs = 10_000;

/** Bodies above the inline limit: on their way into the body store, and back into an answer. */
export class LargeBodies {
  #uploads = 0;
  #fetching = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly store: BodyStore | undefined,
    private readonly queues: Pick<QueueStore, 'settle'>,
    private readonly limits: LargeBodyLimits,
    private readonly logger: Logger,
  ) {}

  /**
   * Streams a body into the store. Fails with `body_store_missing`, `request_body_too_large`, `gateway_overloaded`,
   * `body_store_unavailable`, or `request_invalid` when the client broke off; nothing is kept then.
   */
  async upload(ns: NamespaceId, body: Extract<MarkedBody, { kind: 'large' }>): Promise<UploadedBody> {
    const { inlineBytes, largeBytes } = this.limits;
    if (body.bytes !== undefined && body.bytes > largeBytes) throw new WaybillError('request_body_too_large', { limitBytes: largeBytes });
    if (!this.store) throw new WaybillError('body_store_missing', { limitBytes: inlineBytes });
    if (this.#uploads >= uploadsAtOnce) throw new WaybillError('gateway_overloaded', { retryAfterSeconds: 1 });
    this.#uploads += 1;
    const { socket } = body.stream;
    const cutOff = () => socket.destroy();
    socket.setTimeout(silenceMs, cutOff);
    try {
      return await this.store.put(ns, Readable.from(bytesOf(body, largeBytes)));
    } catch (cause) {
      if (cause instanceof WaybillError) throw cause;
      throw new WaybillError('request_invalid', {}, { issues: [{ path: 'body', message: 'ended before its end' }], cause });
    } finally {
      socket.setTimeout(0).off('timeout', cutOff);
      this.#uploads -= 1;
    }
  }

  /** Takes back a body whose message was not published. The worker finds what cannot be deleted now. */
  async discard({ id }: { readonly id: string }): Promise<void> {
    await this.store?.delete(id).catch((error: Error) => this.logger.warn('body.discard_failed', { bodyId: id, error }));
  }

  /** The body of a message, wherever it lies. Fails with `body_store_unavailable`. */
  async loadBody(ns: NamespaceId, { properties, body }: Pick<Delivery, 'properties' | 'body'>): Promise<Buffer> {
    const { storedBody } = properties;
    if (!storedBody) return body;
    // The record was written by a gateway; still, nothing but bodies of this namespace may ever be read for it.
    if (!this.store || !storedBody.id.startsWith(`${ns}/`)) throw new WaybillError('body_store_unavailable');
    await this.#enter(storedBody.bytes);
    try {
      const found = await this.store.get(storedBody.id);
      if (found?.length !== storedBody.bytes) {
        this.logger.error('body.missing', { namespaceId: ns, bodyId: storedBody.id, bytes: storedBody.bytes, foundBytes: found?.length ?? null });
        throw new WaybillError('body_store_unavailable');
      }
      return found;
    } finally {
      this.#leave(storedBody.bytes);
    }
  }

  /**
   * Deliveries with their bodies, as many as fit into one answer; the others go back to the queue at once. Fails with
   * `body_store_unavailable`, and then all of them go back. What is `settled` already (a lease of 0 s) is given whole.
   */
  async loadBodies(queue: QueueRef, deliveries: readonly Delivery[], settled = false): Promise<readonly Delivery[]> {
    if (deliveries.every(({ properties }) => properties.storedBody === undefined)) return deliveries;
    const loaded: Delivery[] = [];
    let bytes = 0;
    try {
      for (const delivery of deliveries) {
        bytes += delivery.properties.storedBody?.bytes ?? 0;
        if (bytes > answerBytes && loaded.length > 0 && !settled) break;
        loaded.push({ ...delivery, body: await this.loadBody(queue.ns, delivery) });
      }
    } catch (error) {
      if (!settled) await this.#giveBack(queue, deliveries, retryMs);
      throw error;
    }
    if (loaded.length < deliveries.length) await this.#giveBack(queue, deliveries.slice(loaded.length), 0);
    return loaded;
  }

  async #giveBack(queue: QueueRef, deliveries: readonly Delivery[], delayMs: number): Promise<void> {
    await this.queues.settle(queue, deliveries.map(({ receipt }) => ({ action: 'release' as const, receipt, delayMs })));
  }

  /** First come, first served: a large body must not wait for ever behind small ones. */
  async #enter(bytes: number): Promise<void> {
    while (this.#fetching > 0 && this.#fetching + bytes > fetchingBytes) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#fetching += bytes;
  }

  #leave(bytes: number): void {
    this.#fetching -= bytes;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
