import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '@waybill/kernel';
import { BorrowedClock } from './borrowed-clock.js';

describe('the borrowed clock', () => {
  it('runs as far from ours as the other one says, and fails to start without it', async () => {
    const server = createServer((_, answer) => answer.end(JSON.stringify({ nowMs: Date.now() + 86_400_000 })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const clock = await new BorrowedClock(url, silentLogger).start();
    clock.stop();
    server.close();
    server.closeAllConnections();
    expect(Math.abs(clock.nowMs() - Date.now() - 86_400_000)).toBeLessThan(5_000);
    await expect(new BorrowedClock(url, silentLogger).start()).rejects.toThrow();
  });
});
