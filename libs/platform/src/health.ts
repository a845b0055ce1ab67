import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';

/** Named checks; one that rejects makes the process not ready. */
export type Readiness = Readonly<Record<string, () => Promise<void>>>;

/** A check that takes longer counts as failed, so that a hanging store shows. */
const checkTimeoutMs = 2_000;

/**
 * `/healthz` (the process lives), `/readyz` (it can do its work; 503 while a check fails or it drains) and `/metrics`.
 * The reasons of a failed check stay out of the answer: it is readable by anyone.
 */
export function registerHealth(fastify: FastifyInstance, options: { readiness: Readiness; isDraining: () => boolean; metrics: Registry | null }): void {
  fastify.get('/healthz', () => ({ status: 'ok' }));
  fastify.get('/readyz', async (_request, reply) => {
    const checks = await runChecks(options.readiness);
    const ready = !options.isDraining() && Object.values(checks).every((state) => state === 'ok');
    return reply.code(ready ? 200 : 503).header('cache-control', 'no-store').send({ status: ready ? 'ready' : options.isDraining() ? 'draining' : 'not_ready', checks });
  });
  const { metrics } = options;
  if (metrics !== null) {
    fastify.get('/metrics', async (_request, reply) => reply.header('content-type', metrics.contentType).send(await metrics.metrics()));
  }
}

async function runChecks(readiness: Readiness): Promise<Record<string, 'ok' | 'failed'>> {
  const states = await Promise.all(
    Object.entries(readiness).map(async ([name, check]) => [name, (await succeeds(check)) ? 'ok' : 'failed'] as const),
  );
  return Object.fromEntries(states);
}

async function succeeds(check: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), checkTimeoutMs);
  });
  try {
    return await Promise.race([check().then(() => true, () => false), late]);
  } finally {
    clearTimeout(timer);
  }
}
