import type { ErrorCode, Permission } from '@waybill/kernel';
import type { z } from 'zod';

export type HttpMethod = 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';

/** Body kinds that are not a zod schema: `bytes` is any content type, kept as it came. */
export type BodyContract = z.ZodType | 'bytes';

/**
 * One HTTP call, declared once: the door registers its route from it, the OpenAPI document and the
 * clients are generated from it. `permission: 'public'` is the only way to open a route to anyone,
 * `'signed_in'` asks for a session and nothing more.
 */
export interface Operation<
  Params extends z.ZodType | undefined = z.ZodType | undefined,
  Query extends z.ZodType | undefined = z.ZodType | undefined,
  Body extends BodyContract | undefined = BodyContract | undefined,
  Reply extends z.ZodType | undefined = z.ZodType | undefined,
> {
  readonly id: string;
  readonly tag: string;
  readonly method: HttpMethod;
  /** With `{name}` for each path parameter. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly permission: Permission | 'public' | 'signed_in';
  readonly params?: Params;
  readonly query?: Query;
  /** Request headers with a meaning of their own. */
  readonly headers?: z.ZodObject;
  readonly body?: Body;
  readonly reply?: Reply;
  /** Content type of the reply; default `application/json`. */
  readonly replyType?: string;
  /** Sent as CBOR too, and answered so to who asks for it: the fields of the reply that are something else there. */
  readonly cbor?: z.ZodRawShape;
  /** Status of success; 204 when there is no reply. */
  readonly status: number;
  /** A second status of success, with the same reply: 200 where `status` is 201 and nothing was created. */
  readonly statusUnchanged?: number;
  readonly errors: readonly ErrorCode[];
}

export function operation<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends BodyContract | undefined = undefined,
  R extends z.ZodType | undefined = undefined,
>(declared: Operation<P, Q, B, R>): Operation<P, Q, B, R> {
  return declared;
}

/** What a schema yields; `Absent` where the operation declares none (an optional property reads as `T | undefined`). */
type OutputOf<S, Absent> = [NonNullable<S>] extends [never] ? Absent : NonNullable<S> extends z.ZodType ? z.output<NonNullable<S>> : Absent;

/** Answer bodies and inputs as TypeScript types: `Reply<typeof listQueues>`. */
export type Reply<O extends Operation> = OutputOf<O['reply'], void>;
export type Body<O extends Operation> = NonNullable<O['body']> extends z.ZodType ? z.input<NonNullable<O['body']>> : never;
export type Parsed<O extends Operation> = {
  params: OutputOf<O['params'], undefined>;
  query: OutputOf<O['query'], undefined>;
  body: OutputOf<O['body'], undefined>;
};
