import { describe, expect, it } from '@jest/globals';
import { refuseCrossSite } from './cross-site.js';

const publicUrl = 'https://waybill.example';
const check = (headers: Record<string, string>, method = 'POST', host = 'waybill.example') => refuseCrossSite({ method, headers, host }, publicUrl);

describe('refuseCrossSite', () => {
  it.each(['cross-site', 'same-site'])('refuses an unsafe request that Sec-Fetch-Site calls %s', (site) => {
    expect(() => check({ 'sec-fetch-site': site })).toThrow(expect.objectContaining({ code: 'cross_site_refused' }));
  });

  it.each(['same-origin', 'none'])('lets %s pass', (site) => {
    expect(() => check({ 'sec-fetch-site': site, origin: 'https://elsewhere.example' })).not.toThrow();
  });

  it.each(['https://evil.example', 'null', 'http://waybill.example.evil', 'https://waybill.example:444'])('falls back to Origin and refuses %s', (origin) => {
    expect(() => check({ origin })).toThrow(expect.objectContaining({ code: 'cross_site_refused' }));
  });

  it('lets the public address and the host that was asked pass as Origin', () => {
    expect(() => check({ origin: publicUrl })).not.toThrow();
    expect(() => check({ origin: 'http://10.0.0.5:3000' }, 'POST', '10.0.0.5:3000')).not.toThrow();
  });

  it('lets safe methods, bearer keys and clients that are no browser pass', () => {
    expect(() => check({ 'sec-fetch-site': 'cross-site' }, 'GET')).not.toThrow();
    expect(() => check({ 'sec-fetch-site': 'cross-site', authorization: 'Bearer x' })).not.toThrow();
    expect(() => check({})).not.toThrow();
  });
});
