import { describe, expect, it } from '@jest/globals';
import { getPortal } from '@waybill/contracts';
import { isLinkOver, PortalDoor, takeToken } from './portal-door.js';

describe('the token of a portal link', () => {
  it('is taken out of the address', () => {
    const shown: unknown[] = [];
    const history = { replaceState: (_state: unknown, _title: string, url?: string | URL | null) => void shown.push(url) };
    expect(takeToken({ hash: '#wbp_abc', pathname: '/portal', search: '?a=1' }, history)).toBe('wbp_abc');
    expect(shown).toEqual(['/portal?a=1']);
  });

  it('may be missing', () => expect(takeToken({ hash: '', pathname: '/portal', search: '' }, { replaceState: () => undefined })).toBeNull());

  it('travels as a bearer token and without a cookie; a refusal is known as an expired link', async () => {
    const real = globalThis.fetch;
    let seen: RequestInit | undefined;
    globalThis.fetch = (async (_url: string, init: RequestInit) => {
      seen = init;
      return Response.json({ type: '', title: 'Over', status: 401, code: 'portal_link_invalid', detail: 'Ask for a new one.', retryable: false }, { status: 401 });
    }) as typeof fetch;
    try {
      const failure = await new PortalDoor('wbp_abc').call(getPortal, {}).catch((error: unknown) => error);
      expect(isLinkOver(failure)).toBe(true);
      expect(new Headers(seen?.headers).get('authorization')).toBe('Bearer wbp_abc');
      expect(seen?.credentials).toBe('omit');
    } finally {
      globalThis.fetch = real;
    }
  });
});
