import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '@waybill/kernel';
import type { Logger } from '@waybill/kernel';
import { Relays } from './relays.js';

describe('Relays', () => {
  const noting = (): { events: string[]; logger: Logger } => {
    const events: string[] = [];
    return { events, logger: { ...silentLogger, error: (event) => void events.push(event), info: (event) => void events.push(event) } };
  };

  it('run each relay before the start is over, one failing beside the other', async () => {
    const ran: string[] = [];
    const { events, logger } = noting();
    const relays = new Relays({ topology: async () => { throw new Error('away'); }, api_keys: async () => ran.push('api_keys') }, logger);
    await relays.start();
    await relays.stop();
    expect([ran, events]).toEqual([['api_keys'], ['relay.failed']]);
  });

  it('tell a failure when it begins and when it ends', async () => {
    let broken = true;
    const { events, logger } = noting();
    const relays = new Relays({ topology: async () => { if (broken) throw new Error('away'); } }, logger);
    await relays.round();
    await relays.round();
    broken = false;
    await relays.round();
    expect(events).toEqual(['relay.failed', 'relay.recovered']);
  });

  it('stop only after the round under way', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let ended = false;
    const relays = new Relays({ topology: async () => { await held; ended = true; } }, silentLogger);
    const started = relays.start();
    const stopped = relays.stop();
    release();
    await stopped;
    expect(ended).toBe(true);
    await started;
  });
});
