import { readdir } from 'node:fs/promises';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { Logger } from '@waybill/kernel';
import type { PageHeaders } from '@waybill/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const page = 'index.html';
/** The page behind portal links: its own document, with headers of its own. */
const portal = { path: '/portal', file: 'portal.html' } as const;
/** Vite puts a hash of the content into these names. */
const hashed = /^assets\//;
const year = 'public, max-age=31536000, immutable';

/** Where only files are: the build's folder, and names with an extension at the top. A queue's name may hold a dot further down. */
const filesOnly = /^(api$|api\/|assets\/|[^/]*\.[^/]*$)/;

/**
 * Serves the built console. Its own routes live in the browser, so a path that can be no file answers with the page;
 * `/api` never does. The files are listed once: a deployment replaces the process with them.
 */
export async function serveConsole(fastify: FastifyInstance, folder: string, logger: Logger, portalHeaders: PageHeaders): Promise<void> {
  const files = await listFiles(folder);
  if (!files.has(page)) {
    logger.warn('console.missing', { folder });
    return;
  }
  await fastify.register(fastifyStatic, { root: folder, serve: false, cacheControl: false });
  const send = (reply: FastifyReply, file: string) => reply.header('cache-control', hashed.test(file) ? year : 'no-cache').sendFile(file);
  if (files.has(portal.file)) fastify.get(portal.path, { helmet: portalHeaders }, (_request, reply) => send(reply, portal.file));
  fastify.get('/*', (request: FastifyRequest<{ Params: { '*': string } }>, reply) => {
    const wanted = request.params['*'];
    // Under its file name the portal would come with the headers of the console.
    if (files.has(wanted) && wanted !== portal.file) return send(reply, wanted);
    if (filesOnly.test(wanted) || wanted.split('/').includes('..')) return reply.callNotFound();
    return send(reply, page);
  });
}

async function listFiles(folder: string): Promise<ReadonlySet<string>> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return new Set(entries.filter((entry) => entry.isFile()).map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Set();
    throw error;
  }
}
