import { WaybillError } from '@waybill/kernel';
import type { FastifyRequest } from 'fastify';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses an unsafe request that a browser sends from another site (`cross_site_refused`). A bearer key is never sent
 * by a browser on its own, so such requests pass. Sec-Fetch-Site decides; browsers send it to https and localhost
 * only, so elsewhere Origin must name the public address or the host that was asked. A request with neither header
 * does not come from a browser: those send Origin with every unsafe cross-origin request (OWASP CSRF cheat sheet).
 */
export function refuseCrossSite(request: Pick<FastifyRequest, 'method' | 'headers' | 'host'>, publicUrl: string): void {
  if (safeMethods.has(request.method) || request.headers.authorization !== undefined) return;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) {
    if (site === 'same-origin' || site === 'none') return;
    throw new WaybillError('cross_site_refused');
  }
  const { origin } = request.headers;
  if (origin === undefined || origin === new URL(publicUrl).origin || hostOf(origin) === request.host) return;
  throw new WaybillError('cross_site_refused');
}

/** `null` and other opaque origins have no host. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
