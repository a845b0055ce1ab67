import type { IncomingHttpHeaders } from 'node:http';
import type { SecureContextOptions } from 'node:tls';
import { answerHeadBytes } from '../destination.js';
import { Deadlines } from './deadlines.js';
import type { Due } from './deadlines.js';
import { reasonOf } from './failure.js';
import type { EgressGuard } from './guard.js';
import { readingInPlace } from './http-connection.js';
import type { Carried, HttpConnection } from './http-connection.js';
import { KeptConnections } from './kept-connections.js';

/** More of an answer is not read: the connection is closed, the status stands. */
export const answerReadBytes = 65_536;

export interface HttpRequest {
  readonly method: 'POST';
  /** Path and query. */
  readonly path: string;
  /** Name, value, name, value, …: a list is read faster than an object. */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
  /** Whole call, connection included. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** An answer with a status, or the stable word for why there is none. */
export type HttpAnswer =
  | { readonly status: number; readonly headers: IncomingHttpHeaders; readonly head: Buffer }
  | { readonly status: null; readonly reason: string; readonly error: Error };

const nothing = Buffer.alloc(0);

export interface HttpCallerOptions {
  /** Connections at once; calls beyond wait for one. */
  readonly connections: number;
  readonly tls?: SecureContextOptions | undefined;
}

/**
 * Calls one origin through the guard, over kept connections. Never follows a redirect, never uses a proxy of the
 * environment, never decompresses. Resolves whatever happens.
 */
export class HttpCaller {
  readonly #connections: KeptConnections;
  readonly #host: string;

  constructor(guard: EgressGuard, origin: string, { connections, tls }: HttpCallerOptions) {
    this.#host = new URL(origin).host;
    this.#connections = new KeptConnections(origin, connections, guard.connector({ connectTimeoutMs: 10_000, tls, onread: readingInPlace }));
  }

  call(request: HttpRequest): Promise<HttpAnswer> {
    return new Promise((resolve) => {
      let bytes: Buffer;
      try {
        bytes = bytesOf(request, this.#host);
      } catch (error) {
        resolve({ status: null, reason: reasonOf(error), error: error as Error });
        return;
      }
      this.#connections.send(new Exchange(bytes, request.timeoutMs, request.signal, resolve));
    });
  }

  close(): Promise<void> {
    return this.#connections.close();
  }
}

/** RFC 9110 §5.5: what could end a field, or be read as two things. */
const notInField = /[^\t\x20-\x7e\x80-\xff]/;

/** A call as it is written, in one piece: for two, as for a stream of them, Node takes longer than for the copy of a body. */
function bytesOf({ method, path, headers, body }: HttpRequest, host: string): Buffer {
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1] as string;
    if (notInField.test(value)) throw new TypeError(`The value of the header ${headers[i]} cannot be sent.`);
    head += `${headers[i]}: ${value}\r\n`;
  }
  head += `content-length: ${body.length}\r\n\r\n`;
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 0, 'latin1');
  bytes.set(body, head.length);
  return bytes;
}

/** Calls that end with a signal. One listener and one timer per signal: workers share one among all their calls. */
const callsOf = new WeakMap<AbortSignal, Deadlines<Exchange>>();

function aborting(signal: AbortSignal): Deadlines<Exchange> {
  let calls = callsOf.get(signal);
  if (calls === undefined) {
    const ending = new Deadlines<Exchange>((call) => call.timeOut());
    signal.addEventListener('abort', () => {
      for (const call of ending.all()) call.abort();
    }, { once: true });
    callsOf.set(signal, (calls = ending));
  }
  return calls;
}

/** One call on its way: collects the head of the answer, ends at the first of answer, enough bytes, deadline, abort. */
class Exchange implements Carried, Due {
  connection: HttpConnection | undefined;
  place = 0;
  readonly endsMs: number;
  #over = false;
  #resolve: ((answer: HttpAnswer) => void) | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #head: Buffer = nothing;
  #readBytes = 0;
  readonly #together: Deadlines<Exchange>;

  constructor(
    readonly bytes: Buffer,
    private readonly timeoutMs: number,
    signal: AbortSignal,
    resolve: (answer: HttpAnswer) => void,
  ) {
    this.#resolve = resolve;
    this.endsMs = performance.now() + timeoutMs;
    this.#together = aborting(signal);
    this.#together.add(this);
    if (signal.aborted) this.abort();
  }

  get over(): boolean {
    return this.#over;
  }

  /** Its deadline has come. */
  timeOut(): void {
    this.#cut('ETIMEDOUT', `no answer within ${this.timeoutMs} ms`);
  }

  abort(): void {
    this.#cut('ABORT_ERR', 'the call was aborted');
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onData(chunk: Buffer): void {
    if (this.#over) return;
    const missing = answerHeadBytes - this.#head.length;
    if (missing > 0) this.#head = this.#head.length === 0 ? Buffer.from(chunk.subarray(0, missing)) : Buffer.concat([this.#head, chunk.subarray(0, missing)]);
    this.#readBytes += chunk.length;
    if (this.#readBytes <= answerReadBytes) return;
    this.onEnd();
    this.#leave();
  }

  onEnd(): void {
    this.#finish({ status: this.#status, headers: this.#headers, head: this.#head });
  }

  onError(error: Error): void {
    // The status is the answer, even if the body breaks off.
    if (this.#status > 0 && reasonOf(error) === 'connection_reset') this.onEnd();
    else this.#finish({ status: null, reason: reasonOf(error), error });
  }

  #cut(code: string, message: string): void {
    const error = Object.assign(new Error(message), { code });
    this.#finish({ status: null, reason: reasonOf(error), error });
    this.#leave();
  }

  #leave(): void {
    const { connection } = this;
    this.connection = undefined;
    connection?.drop();
  }

  #finish(answer: HttpAnswer): void {
    const resolve = this.#resolve;
    this.#over = true;
    if (resolve === undefined) return;
    this.#resolve = undefined;
    this.#together.delete(this);
    resolve(answer);
  }
}
