import { headersOf, contentOf } from './outgoing-message.js';
import type { OutgoingMessage } from './outgoing-message.js';
import { Publisher } from './publisher.js';
import { segment } from './transport.js';
import type { Transport } from './transport.js';

export interface RequestOptions {
  /** 0.1 to 60; default 30. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
}

/** The answer to a request. */
export class Reply {
  constructor(
    readonly contentType: string,
    readonly correlationId: string | undefined,
    /** The answering message's own headers. */
    readonly headers: Readonly<Record<string, string>>,
    readonly body: Uint8Array,
  ) {}

  text(): string {
    return new TextDecoder().decode(this.body);
  }

  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T;
  }
}

/** One exchange: publish to it, or ask through it. */
export class Exchange extends Publisher {
  constructor(transport: Transport, readonly name: string, idempotent: boolean) {
    super(transport, `/v1/exchanges/${segment(name)}`, idempotent);
  }

  /**
   * Publishes and waits for the reply of whoever handles it. Fails with `request_timed_out` when none came in time;
   * that is not tried again, because the request may still be handled.
   */
  async request(message: OutgoingMessage, { timeoutSeconds = 30, signal }: RequestOptions = {}): Promise<Reply> {
    const headers = headersOf(message);
    if (headers === undefined) throw new TypeError('the properties of a request travel as HTTP headers: no line breaks, no spaces at the ends');
    return this.transport.call(
      {
        method: 'POST', path: `${this.path}/request`, query: { timeoutSeconds }, headers, body: contentOf(message).body,
        repeat: 'if-not-done', waitMs: timeoutSeconds * 1000, signal,
      },
      replyOf,
    );
  }
}

const ownHeader = 'waybill-h-';

async function replyOf(answer: Response): Promise<Reply> {
  const utf8 = (value: string) => Buffer.from(value, 'latin1').toString('utf8');
  const own = [...answer.headers].filter(([name]) => name.startsWith(ownHeader)).map(([name, value]) => [name.slice(ownHeader.length), utf8(value)]);
  const correlationId = answer.headers.get('waybill-correlation-id');
  const body = new Uint8Array(await answer.arrayBuffer());
  return new Reply(answer.headers.get('content-type') ?? 'application/octet-stream', correlationId === null ? undefined : utf8(correlationId), Object.fromEntries(own) as Record<string, string>, body);
}
