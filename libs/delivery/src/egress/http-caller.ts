import type { IncomingHttpHeaders } from 'node:http';
import type { SecureContextOptions } from 'node:tls';
import type { Dispatcher } from 'undici';
import { answerHeadBytes } from '../destination.js';
import { Deadlines } from './deadlines.js';
import type { Due } from './deadlines.js';
import { reasonOf } from './failure.js';
import type { EgressGuard } from './guard.js';
import { KeptConnections } from './kept-connections.js';
import type { Carried, Connection } from './kept-connections.js';

/** More of an answer is not read: the connection is closed, the status stands. */
export const answerReadBytes = 65_536;

export interface HttpRequest {
  readonly method: 'POST';
  /** Path and query. */
  readonly path: string;
  /** Name, value, name, value, …: undici reads a list faster than an object. */
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

  constructor(guard: EgressGuard, origin: string, { connections, tls }: HttpCallerOptions) {
    this.#connections = new KeptConnections(origin, connections, {
      pipelining: 1, connect: guard.connector({ connectTimeoutMs: 10_000, tls }), keepAliveTimeout: 10_000, keepAliveMaxTimeout: 60_000,
      maxHeaderSize: 16_384, headersTimeout: 0, bodyTimeout: 0,
    });
  }

  call(request: HttpRequest): Promise<HttpAnswer> {
    return new Promise((resolve) => this.#connections.send(new Exchange(request, resolve, this.#connections, aborting(request.signal))));
  }

  close(): Promise<void> {
    return this.#connections.close();
  }
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
  readonly options: Dispatcher.DispatchOptions;
  connection: Connection | undefined;
  place = 0;
  endsMs: number;
  #controller: Dispatcher.DispatchController | undefined;
  #ended: Error | undefined;
  #resolve: ((answer: HttpAnswer) => void) | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #chunks: Buffer[] = [];
  #readBytes = 0;
  readonly #timeoutMs: number;

  constructor(
    { method, path, headers, body, timeoutMs, signal }: HttpRequest,
    resolve: (answer: HttpAnswer) => void,
    private readonly connections: KeptConnections,
    private readonly together: Deadlines<Exchange>,
  ) {
    this.options = { method, path, headers: headers as string[], body };
    this.#resolve = resolve;
    this.#timeoutMs = timeoutMs;
    this.endsMs = performance.now() + timeoutMs;
    together.add(this);
    if (signal.aborted) this.abort();
  }

  get over(): boolean {
    return this.#ended !== undefined;
  }

  /** Its deadline has come. */
  timeOut(): void {
    this.#cut('ETIMEDOUT', `no answer within ${this.#timeoutMs} ms`);
  }

  abort(): void {
    this.#cut('ABORT_ERR', 'the call was aborted');
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It waited for a connection too long: nothing of it may be sent any more.
    if (this.#ended !== undefined) controller.abort(this.#ended);
  }

  onRequestUpgrade(controller: Dispatcher.DispatchController): void {
    controller.abort(Object.assign(new Error('The answer changes the protocol.'), { code: 'UND_ERR_SOCKET' }));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const missing = answerHeadBytes - this.#readBytes;
    // A copy: a slice would keep the whole read buffer alive for as long as the attempt is.
    if (missing > 0) this.#chunks.push(Buffer.from(chunk.subarray(0, missing)));
    this.#readBytes += chunk.length;
    if (this.#readBytes <= answerReadBytes) return;
    this.#answer();
    controller.abort(new Error('The answer is long enough.'));
  }

  onResponseEnd(): void {
    this.#answer();
    this.#leave();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    // The status is the answer, even if the body breaks off.
    if (this.#status > 0 && this.#ended === undefined && reasonOf(error) === 'connection_reset') this.#answer();
    else this.#finish({ status: null, reason: reasonOf(error), error });
    this.#leave();
  }

  #answer(): void {
    const head = this.#chunks.length === 0 ? nothing : this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#finish({ status: this.#status, headers: this.#headers, head });
  }

  #cut(code: string, message: string): void {
    const error = Object.assign(new Error(message), { code });
    this.#ended = error;
    this.#finish({ status: null, reason: reasonOf(error), error });
    this.#controller?.abort(error);
  }

  #leave(): void {
    const { connection } = this;
    this.connection = undefined;
    if (connection !== undefined) this.connections.give(connection);
  }

  #finish(answer: HttpAnswer): void {
    const resolve = this.#resolve;
    if (resolve === undefined) return;
    this.#resolve = undefined;
    this.together.delete(this);
    resolve(answer);
  }
}
