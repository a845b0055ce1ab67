import { describe, expect, it } from '@jest/globals';
import { Secret, WaybillError } from '@waybill/kernel';
import { createLogger } from './logger.js';

function capture(level: 'debug' | 'warn') {
  const lines: Record<string, unknown>[] = [];
  return { lines, logger: createLogger('gateway', level, { write: (line: string) => void lines.push(JSON.parse(line)) }) };
}

describe('createLogger', () => {
  it('writes one JSON line per fact with service, level and event', () => {
    const { lines, logger } = capture('debug');
    logger.info('message.accepted', { bytes: 12 });
    expect(lines).toEqual([expect.objectContaining({ level: 'info', service: 'gateway', event: 'message.accepted', bytes: 12 })]);
  });

  it('drops lines below its level', () => {
    const { lines, logger } = capture('warn');
    logger.info('message.accepted');
    logger.warn('store.slow');
    expect(lines.map(({ event }) => event)).toEqual(['store.slow']);
  });

  it('masks a secret that slipped in, and tells an error with its code and cause', () => {
    const { lines, logger } = capture('debug');
    logger.error('x.failed', { token: new Secret('hunter2') as never, error: new WaybillError('store_unavailable', {}, { cause: new Error('ECONNREFUSED') }) });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
    expect(lines[0]).toMatchObject({ token: '[secret]', err: { code: 'store_unavailable', cause: { message: 'ECONNREFUSED' } } });
  });
});
