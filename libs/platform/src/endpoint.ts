import { applyDecorators, createParamDecorator, HttpCode, RequestMapping, RequestMethod, SetMetadata } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { Operation, Reply } from '@waybill/contracts';
import type { Caller } from '@waybill/kernel';
import type { FastifyRequest } from 'fastify';
import { measured } from './metrics.js';
import { parseInput } from './parse-input.js';

const operationKey = 'waybill:operation';

/** A reply that left things as they were: sent with the operation's `statusUnchanged`. */
export class Unchanged<T> {
  constructor(readonly reply: T) {}
}

type Answer<T> = T | Unchanged<T>;
type Handler<O extends Operation> = (...args: never[]) => Answer<Reply<O>> | Promise<Answer<Reply<O>>>;

/**
 * Makes a method the handler of a contracted call: route, status and permission come from the operation, and the
 * compiler holds the method to its reply. The application refuses to start with a handler that has no operation.
 */
export function Endpoint<O extends Operation>(operation: O) {
  const decorate = applyDecorators(
    RequestMapping({ path: routePath(operation.path), method: RequestMethod[operation.method] }),
    HttpCode(operation.status),
    SetMetadata(operationKey, operation),
    RouteConfig({ ...measured, operation: operation.id }),
  );
  return <H extends Handler<O>>(target: object, name: string | symbol, descriptor: TypedPropertyDescriptor<H>): void =>
    decorate(target, name, descriptor as TypedPropertyDescriptor<unknown>);
}

/** `/queues/{queue}` of a contract as the router writes it: `/queues/:queue`. */
export function routePath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

export function operationOf(handler: object): Operation | undefined {
  return Reflect.getMetadata(operationKey, handler) as Operation | undefined;
}

/** What the request carries after the guard let it pass. */
export interface AdmittedRequest extends FastifyRequest {
  user?: unknown;
}

/** The input as the operation's schemas parsed it: declare the parameter as `Parsed<typeof operation>`. */
export const Input = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const operation = operationOf(context.getHandler());
  if (operation === undefined) throw new Error('@Input() needs @Endpoint() on the same method');
  return parseInput(operation, context.switchToHttp().getRequest<FastifyRequest>());
});

/** Who asks: a Caller on routes with a permission, a Person on the sign-in route. */
export const From = createParamDecorator((_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<AdmittedRequest>().user as Caller);
