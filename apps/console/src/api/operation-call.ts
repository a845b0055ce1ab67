import type { Operation, Problem, Reply } from '@waybill/contracts';
import type { z } from 'zod';
import { ProblemError, TransportError, type Side } from './failure.js';

type Given<T> = Exclude<T, undefined>;
type Part<Name extends string, Schema> = [Given<Schema>] extends [never]
  ? unknown
  : Schema extends z.ZodType
    ? { readonly [K in Name]: z.input<Schema> }
    : { readonly [K in Name]: string };

/** What a call needs, read off the operation: path parameters, query and body, as far as it has them. */
export type CallInput<O extends Operation> = Part<'params', Given<O['params']>> &
  Partial<Part<'query', Given<O['query']>>> &
  Part<'body', Given<O['body']>> & {
    /** Content type of a body that is bytes; JSON bodies set their own. */
    readonly contentType?: string;
    readonly signal?: AbortSignal;
  };

interface Door {
  readonly side: Side;
  /** Empty for the page's own origin. */
  readonly origin: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Fills `{name}` in an operation's path; a dot segment would climb out of it, and no name is one. */
export function pathOf(operation: Pick<Operation, 'path'>, params: Readonly<Record<string, unknown>> = {}, query: Readonly<Record<string, unknown>> = {}): string {
  const path = operation.path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(String(params[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null) search.set(name, String(value));
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

/**
 * Makes one call at a door and reads its answer.
 * Fails with `ProblemError` when the server refuses, with `TransportError` when no usable answer came.
 */
export async function callAt<O extends Operation>(door: Door, operation: O, input: CallInput<O>): Promise<Reply<O>> {
  const { params, query, body, contentType, signal } = input as {
    params?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown; contentType?: string; signal?: AbortSignal;
  };
  const headers: Record<string, string> = { accept: 'application/json', ...door.headers };
  if (body !== undefined) headers['content-type'] = operation.body === 'bytes' ? (contentType ?? 'application/octet-stream') : 'application/json';
  const deadline = AbortSignal.timeout(door.timeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(door.origin + pathOf(operation, params, query), {
      method: operation.method,
      headers,
      credentials: door.side === 'control plane' ? 'same-origin' : 'omit',
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      ...(body === undefined ? {} : { body: operation.body === 'bytes' ? String(body) : JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new TransportError(deadline.aborted ? 'timeout' : 'unreachable', door.side, door.origin, { cause });
  }
  const document = parsed(text);
  if (response.ok && (operation.reply === undefined || document !== undefined)) return document as Reply<O>;
  if (isProblem(document)) throw new ProblemError(document, door.side, response.headers.get('x-request-id') ?? document.instance ?? null);
  throw new TransportError('unreadable', door.side, door.origin, { status: response.status });
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'detail' in value && 'status' in value;
}
