import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WaybillError, newId } from '@waybill/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ProblemReply } from './problem-reply.js';
import { requireSound } from './json-bytes.js';

/**
 * Times and limits of reliability.md §5. A client that drips headers or a body is cut off within 10 seconds;
 * a long poll is not, because the request itself is complete. Keep-alive outlives the 60 s of usual load balancers.
 */
export const httpLimits = {
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 65_000,
  connectionsCheckMs: 1_000,
  connections: 10_000,
  headerBytes: 16_384,
} as const;

export interface ServerOptions {
  readonly problems: ProblemReply;
  readonly bodyLimitBytes: number;
  readonly trustProxy: boolean;
}

/** Nest's adapter with our error and not-found answers; Nest's own, set later, would replace them. */
class ProblemAdapter extends FastifyAdapter {
  override setErrorHandler(): ReturnType<FastifyAdapter['setErrorHandler']> {
    return this.instance;
  }

  override setNotFoundHandler(): ReturnType<FastifyAdapter['setNotFoundHandler']> {
    return this.instance;
  }
}

export function createAdapter({ problems, bodyLimitBytes, trustProxy }: ServerOptions): FastifyAdapter {
  const answer = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => problems.send(error, request, reply);
  const adapter = new ProblemAdapter({
    logger: false,
    trustProxy,
    bodyLimit: bodyLimitBytes,
    genReqId: requestIds(),
    requestIdHeader: false,
    requestTimeout: httpLimits.requestTimeoutMs,
    keepAliveTimeout: httpLimits.keepAliveTimeoutMs,
    forceCloseConnections: 'idle',
    // Long enough for any name that fits a request line, so that an over-long one answers name_invalid, not 404.
    routerOptions: { maxParamLength: httpLimits.headerBytes, ignoreTrailingSlash: false },
    http: { headersTimeout: httpLimits.headersTimeoutMs, connectionsCheckingInterval: httpLimits.connectionsCheckMs, maxHeaderSize: httpLimits.headerBytes },
    frameworkErrors: answer,
    skipMiddie: true,
  });
  const fastify = adapter.getInstance();
  fastify.server.maxConnections = httpLimits.connections;
  fastify.setErrorHandler(answer);
  fastify.setNotFoundHandler((request, reply) => answer(new WaybillError('route_not_found'), request, reply));
  fastify.addHook('onRoute', (route) => {
    if (route.config?.lean === true) return;
    route.onRequest = [tellRequestId, ...[route.onRequest ?? []].flat()];
  });
  // Only JSON is parsed; a route that takes other types says so itself.
  fastify.removeContentTypeParser('text/plain');
  const parse = fastify.getDefaultJsonParser('error', 'ignore');
  fastify.removeContentTypeParser('application/json');
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer, done: (error: Error | null, body?: unknown) => void) => {
    try {
      requireSound(body);
    } catch (error) {
      return done(error as Error);
    }
    return parse(request, body.toString('utf8'), done);
  });
  return adapter;
}

function tellRequestId(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  reply.header('x-request-id', request.id);
  done();
}

/** One random id per process and a count: unique as a random id each, at a fraction of its cost on the hot path. */
function requestIds(): () => string {
  const start = newId('request');
  let count = 0;
  return () => `${start}${(count++).toString(32).padStart(6, '0')}`;
}
