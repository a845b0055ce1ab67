import { randomUUID } from 'node:crypto';
import type { Problem, PublishReceipt } from '@waybill/contracts';
import { binary, structured } from './cloud-event.js';
import type { CloudEvent } from './cloud-event.js';
import { errorOfProblem, WaybillApiError } from './errors.js';
import { linesOf, textLines } from './json-lines.js';
import { contentOf, headersOf, inputOf } from './outgoing-message.js';
import type { OutgoingMessage } from './outgoing-message.js';
import type { Repeat } from './retry.js';
import type { Transport } from './transport.js';

export interface PublishOptions {
  /** Adds to the receipt why each binding matched or did not. */
  readonly explain?: boolean;
  /** Names this publish, so that another try, even of another process within a day, is not stored twice. Default: a random one. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** What became of one message of a batch or stream: its receipt, or the error that kept it out. */
export type PublishResult = { readonly receipt: PublishReceipt; readonly error?: undefined } | { readonly receipt?: undefined; readonly error: WaybillApiError };

const batchType = 'application/vnd.waybill.batch+json';
type RawResult = PublishReceipt | { readonly problem: Problem };

/** Publishing to one place: an exchange or a queue. */
export class Publisher {
  constructor(
    protected readonly transport: Transport,
    /** `/v1/exchanges/shop` or `/v1/queues/orders`. */
    protected readonly path: string,
    /** Whether publishes carry an Idempotency-Key; without one a publish whose answer was lost is not tried again. */
    private readonly idempotent: boolean,
  ) {}

  /** Stores one message durably and answers its receipt. */
  async publish(message: OutgoingMessage, options: PublishOptions = {}): Promise<PublishReceipt> {
    const headers = headersOf(message);
    if (headers === undefined && !options.explain) {
      const { messages } = await this.post<{ messages: PublishReceipt[] }>(JSON.stringify({ messages: [inputOf(message)] }), { 'content-type': batchType }, options);
      return messages[0] as PublishReceipt;
    }
    if (headers === undefined) throw new TypeError('explain works for messages whose properties travel as HTTP headers: no line breaks, no spaces at the ends');
    return this.post<PublishReceipt>(contentOf(message).body, headers, options);
  }

  /** Up to 1,000 messages in one step: all are stored, or none and it fails. */
  async publishAll(messages: readonly OutgoingMessage[], options: Omit<PublishOptions, 'explain'> = {}): Promise<PublishReceipt[]> {
    const body = JSON.stringify({ mode: 'all', messages: messages.map(inputOf) });
    return (await this.post<{ messages: PublishReceipt[] }>(body, { 'content-type': batchType }, options)).messages;
  }

  /** Up to 1,000 messages, each for itself: what can be stored is, and each has a receipt or an error, in order. */
  async publishEach(messages: readonly OutgoingMessage[], options: Omit<PublishOptions, 'explain'> = {}): Promise<PublishResult[]> {
    const body = JSON.stringify({ mode: 'each', messages: messages.map(inputOf) });
    return (await this.post<{ messages: RawResult[] }>(body, { 'content-type': batchType }, options)).messages.map(resultOf);
  }

  /**
   * A stream of messages of any length over one request; results come in order while it runs. It is not tried again
   * when it breaks: what has a receipt is stored, the rest may be. Give messages a dedup id to send them again safely.
   */
  async *publishStream(messages: AsyncIterable<OutgoingMessage> | Iterable<OutgoingMessage>, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<PublishResult, void, undefined> {
    async function* inputs() {
      for await (const message of messages) yield inputOf(message);
    }
    const answer = await this.transport.open({
      method: 'POST', path: `${this.path}/messages`, headers: { 'content-type': 'application/x-ndjson' }, body: linesOf(inputs()), repeat: 'never', signal: options.signal,
    });
    if (answer.body === null) return;
    for await (const line of textLines(answer.body)) {
      if (line !== '') yield resultOf(JSON.parse(line) as RawResult);
    }
  }

  /** A CloudEvents 1.0 event; its type is the routing key. `structured`: the event is the body; `binary`: its data is. */
  async publishEvent(event: CloudEvent, options: PublishOptions & { readonly mode?: 'structured' | 'binary' } = {}): Promise<PublishReceipt> {
    if (options.mode === 'binary') {
      const { headers, body } = binary(event);
      return this.post<PublishReceipt>(body, headers, options);
    }
    return this.post<PublishReceipt>(JSON.stringify(structured(event)), { 'content-type': 'application/cloudevents+json' }, options);
  }

  /** Events in one step, all or none. */
  async publishEvents(events: readonly CloudEvent[], options: Omit<PublishOptions, 'explain'> = {}): Promise<PublishReceipt[]> {
    const body = JSON.stringify(events.map(structured));
    return (await this.post<{ messages: PublishReceipt[] }>(body, { 'content-type': 'application/cloudevents-batch+json' }, options)).messages;
  }

  private post<T>(body: string | Uint8Array, headers: Record<string, string>, { explain, idempotencyKey, signal }: PublishOptions): Promise<T> {
    const { name, repeat } = this.repetition(idempotencyKey);
    return this.transport.json<T>({
      method: 'POST', path: `${this.path}/messages`, query: { explain }, headers: { ...headers, ...name }, body, repeat, signal,
    });
  }

  protected repetition(idempotencyKey: string | undefined): { name: Record<string, string>; repeat: Repeat } {
    const key = idempotencyKey ?? (this.idempotent ? randomUUID() : undefined);
    return key === undefined ? { name: {}, repeat: 'if-not-done' } : { name: { 'idempotency-key': key }, repeat: 'always' };
  }
}

function resultOf(raw: RawResult): PublishResult {
  return 'problem' in raw ? { error: errorOfProblem(raw.problem) } : { receipt: raw };
}
