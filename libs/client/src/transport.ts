import { apiErrorOf, WaybillConnectionError } from './errors.js';
import { mayRepeat, pauseMs } from './retry.js';
import type { Repeat, RetrySettings } from './retry.js';
import { ServerClock } from './time.js';
import type { Time } from './time.js';

export interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** From the root, with `/v1` or `/api/v1`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array> | undefined;
  readonly repeat: Repeat;
  /** How long the server may take before it answers, on top of what a call gets anyway. */
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TransportOptions {
  /** Address without path, say `https://eu.waybill.example`. */
  readonly url: string;
  readonly key: string | (() => string | Promise<string>);
  readonly retry: RetrySettings;
  readonly fetch: typeof fetch;
  readonly time: Time;
}

/** Sends calls to one address with one key, and tries again as far as the call allows. */
export class Transport {
  readonly clock: ServerClock;
  readonly time: Time;
  readonly url: string;

  constructor(private readonly options: TransportOptions) {
    this.url = options.url.replace(/\/+$/, '');
    this.time = options.time;
    this.clock = new ServerClock(options.time);
  }

  /** The parsed JSON of the answer; undefined for one without a body. */
  json<T>(call: Call): Promise<T> {
    return this.call(call, async (answer) => {
      const text = await answer.text();
      return (text === '' ? undefined : JSON.parse(text)) as T;
    });
  }

  /** A call whose input is JSON. */
  send<T>(method: Call['method'], path: string, input: unknown, rest: Pick<Call, 'repeat' | 'signal' | 'waitMs'>): Promise<T> {
    return this.json<T>({ method, path, body: JSON.stringify(input), headers: { 'content-type': 'application/json' }, ...rest });
  }

  get<T>(path: string, query?: Call['query'], signal?: AbortSignal): Promise<T> {
    return this.json<T>({ method: 'GET', path, query, repeat: 'always', signal });
  }

  /** `read` runs inside the try: an answer that breaks off in the middle is one that did not come. */
  async call<T>(call: Call, read: (answer: Response) => Promise<T>): Promise<T> {
    const { retry, time } = this.options;
    const deadline = time.now() + retry.deadlineMs + (call.waitMs ?? 0);
    for (let tries = 1; ; tries += 1) {
      call.signal?.throwIfAborted();
      try {
        return await this.attempt(call, read, Math.min(retry.attemptMs + (call.waitMs ?? 0), deadline - time.now()));
      } catch (error) {
        const pause = pauseMs(retry, tries, error, time.random());
        if (!mayRepeat(error, call.repeat) || time.now() + pause >= deadline) throw error;
        await time.sleep(pause, call.signal);
      }
    }
  }

  /** An answer that goes on: its body is read by the caller and ends with the signal only. */
  async open(call: Call): Promise<Response> {
    try {
      return await this.answered(call, call.signal);
    } catch (error) {
      throw this.explained(error, call, undefined);
    }
  }

  /** `Authorization` for one request; the key may be one that changes. */
  async authorization(): Promise<string> {
    const { key } = this.options;
    return `Bearer ${typeof key === 'string' ? key : await key()}`;
  }

  private async attempt<T>(call: Call, read: (answer: Response) => Promise<T>, timeoutMs: number): Promise<T> {
    const tooLong = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
    try {
      return await read(await this.answered(call, call.signal ? AbortSignal.any([call.signal, tooLong]) : tooLong));
    } catch (error) {
      throw this.explained(error, call, tooLong);
    }
  }

  private async answered(call: Call, signal: AbortSignal | undefined): Promise<Response> {
    const sentAt = this.time.now();
    const streaming = call.body instanceof ReadableStream;
    const answer = await this.options.fetch(this.url + call.path + queryText(call.query), {
      method: call.method,
      headers: { ...call.headers, authorization: await this.authorization() },
      ...(call.body === undefined ? {} : { body: call.body as NonNullable<RequestInit['body']> }),
      ...(streaming ? { duplex: 'half' as const } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
    this.clock.observe(answer.headers.get('date'), sentAt);
    if (!answer.ok) throw apiErrorOf(answer.status, answer.headers, await answer.text(), this.time.now());
    return answer;
  }

  private explained(error: unknown, call: Call, tooLong: AbortSignal | undefined): unknown {
    if (call.signal?.aborted) return call.signal.reason;
    const where = `${call.method} ${this.url}${call.path}`;
    if (tooLong?.aborted) return new WaybillConnectionError('timed_out', `${where}: no whole answer in time`, false, { cause: error });
    if (!isBroken(error)) return error;
    const cause = error.cause as { code?: string; message?: string } | undefined;
    const neverSent = unsentCodes.has(cause?.code ?? '');
    return new WaybillConnectionError('connection_failed', `${where}: ${cause?.code || cause?.message || error.message}`, neverSent, { cause: error });
  }
}

/**
 * fetch tells of a broken connection by a TypeError with a cause, while it connects as while a body comes; one without
 * a cause is a fault of the call. An answer that is cut short without that is no valid JSON.
 */
export function isBroken(error: unknown): error is Error {
  return error instanceof SyntaxError || ((error as Error | null)?.name === 'TypeError' && (error as Error).cause !== undefined);
}

const unsentCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

function queryText(query: Call['query']): string {
  const given = Object.entries(query ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

/** A name as part of a path. */
export const segment = (name: string): string => encodeURIComponent(name);
