import type { FastifyInstance } from 'fastify';

/** The origin of the public address; on this machine, by any of its names. */
function originsOf(publicUrl: string): ReadonlySet<string> {
  const url = new URL(publicUrl);
  const loopback = ['localhost', '127.0.0.1', '[::1]'];
  if (!loopback.includes(url.hostname)) return new Set([url.origin]);
  return new Set(loopback.map((name) => `${url.protocol}//${name}${url.port === '' ? '' : `:${url.port}`}`));
}

/**
 * Lets the console's pages, and no other site's, call the gateway with their token (Fetch standard, §3.2 CORS).
 * Written here because the plugin answers with these headers on every request; messages that do not come from a
 * browser, which is nearly all of them, should not pay for it.
 */
export function allowConsole(fastify: FastifyInstance, publicUrl: string): void {
  const allowed = originsOf(publicUrl);
  fastify.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    if (origin === undefined) return done();
    reply.header('vary', 'Origin');
    if (!allowed.has(origin)) return done();
    reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', 'x-request-id, retry-after, ratelimit, ratelimit-policy, idempotency-replayed');
    done();
  });

  fastify.options('/v1/*', (request, reply) => {
    if (allowed.has(request.headers.origin ?? '')) {
      reply
        .header('access-control-allow-methods', 'GET, POST, PUT, DELETE')
        .header('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '')
        .header('access-control-max-age', '600');
    }
    return reply.code(204).send();
  });
}
