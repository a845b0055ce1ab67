import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Observe this route in the HTTP histogram. */
    measured?: boolean;
    /** A hot raw route: its successes carry no x-request-id. Problems always do. */
    lean?: boolean;
    /** Id of the contracted operation the route serves. */
    operation?: string;
  }
}

/** Put into a route's `config` to observe it; a raw route without it pays nothing. */
export const measured = { measured: true } as const;

/** A registry of the process's own figures, labelled with the service. */
export function createMetrics(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Adds the duration histogram to the routes that ask for it. Call it before the routes are declared. */
export function measureRoutes(fastify: FastifyInstance, registry: Registry): void {
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of the request to the end of the answer, by operation and status.',
    labelNames: ['operation', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers: [registry],
  });
  fastify.addHook('onRoute', (route) => {
    if (route.config?.measured !== true) return;
    const operation = route.config.operation ?? `${String(route.method)} ${route.url}`;
    const observe = (_request: unknown, reply: { statusCode: number; elapsedTime: number }, done: () => void): void => {
      durations.observe({ operation, status: reply.statusCode }, reply.elapsedTime / 1000);
      done();
    };
    route.onResponse = [observe, ...[route.onResponse ?? []].flat()];
  });
}

