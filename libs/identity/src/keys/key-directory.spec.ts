import { beforeEach, describe, expect, it } from '@jest/globals';
import { HeldClock, WaybillError } from '@waybill/kernel';
import type { Caller, KeyScope } from '@waybill/kernel';
import { mintApiKey } from './api-key-format.js';
import { directoryLimits, KeyDirectory } from './key-directory.js';
import type { PublishedKey } from './published-key.js';

/** Stands for Redis: answers when told to, and counts how often it was asked. */
class HeldStore {
  readonly keys = new Map<string, PublishedKey>();
  asked = 0;
  down = false;
  gate: Promise<void> = Promise.resolve();

  async find(id: string): Promise<PublishedKey | null> {
    this.asked += 1;
    const found = this.keys.get(id) ?? null;
    await this.gate;
    if (this.down) throw new WaybillError('store_unavailable');
    return found;
  }
}

describe('KeyDirectory', () => {
  let clock: HeldClock;
  let store: HeldStore;
  let directory: KeyDirectory;
  beforeEach(() => {
    clock = new HeldClock(1_000_000);
    store = new HeldStore();
    directory = new KeyDirectory(store, clock);
  });

  function publishKey(more: Partial<PublishedKey> = {}): { id: string; token: string } {
    const { id, key, secretHash } = mintApiKey('test');
    const scopes: KeyScope[] = ['publish'];
    store.keys.set(id, { id, tenantId: 'tnt_1', namespaceId: 'ns_1', environment: 'test', secretHash: secretHash.toString('base64url'), scopes, expiresAt: null, revokedAt: null, ...more });
    return { id, token: key.reveal() };
  }
  const verify = async (token: string): Promise<Caller> => directory.verify(token);
  const refused = (code: string) => expect.objectContaining({ code });

  it('gives the caller with the permissions of the scopes', async () => {
    const { id, token } = publishKey({ scopes: ['publish', 'consume'] });
    const caller = await verify(token);
    expect(caller).toMatchObject({ actor: { kind: 'api_key', id }, tenantId: 'tnt_1', namespaceId: 'ns_1' });
    expect([...caller.permissions].sort()).toEqual(['messages:consume', 'messages:publish', 'messages:read', 'queues:read']);
  });

  it('answers a known key at once, with the same caller and without the store', async () => {
    const { token } = publishKey();
    const first = await verify(token);
    store.down = true;
    expect(directory.verify(token)).toBe(first);
    expect(store.asked).toBe(1);
  });

  it('asks the store once for many callers that come together', async () => {
    const { token } = publishKey();
    await Promise.all(Array.from({ length: 64 }, () => verify(token)));
    expect(store.asked).toBe(1);
  });

  it('refuses a wrong secret under a known id, cached or not', async () => {
    const { id, token } = publishKey();
    const other = mintApiKey('test').key.reveal();
    const forged = publishKey();
    store.keys.set(forged.id, { ...store.keys.get(id)!, id: forged.id });
    await expect(verify(forged.token)).rejects.toEqual(refused('api_key_invalid'));
    expect(() => directory.verify(forged.token)).toThrow(refused('api_key_invalid'));
    await expect(verify(other)).rejects.toEqual(refused('api_key_invalid'));
    await expect(verify(token)).resolves.toBeDefined();
  });

  it('refuses a malformed key without asking the store', () => {
    expect(() => directory.verify('wb_test_nonsense')).toThrow(refused('api_key_invalid'));
    expect(store.asked).toBe(0);
  });

  it('refuses a key whose prefix names the other environment', async () => {
    const { token } = publishKey({ environment: 'live' });
    await expect(verify(token)).rejects.toEqual(refused('api_key_invalid'));
  });

  it('tells the holder that the key was revoked or has expired', async () => {
    await expect(verify(publishKey({ revokedAt: 1 }).token)).rejects.toEqual(refused('api_key_revoked'));
    const { token } = publishKey({ expiresAt: clock.nowMs() + 10 });
    await verify(token);
    clock.advance(10);
    expect(() => directory.verify(token)).toThrow(refused('api_key_expired'));
  });

  it('reads a key again after 30 seconds, in case a change was not heard', async () => {
    const { id, token } = publishKey();
    await verify(token);
    store.keys.set(id, { ...store.keys.get(id)!, revokedAt: 5 });
    clock.advance(directoryLimits.freshMs - 1);
    expect(directory.verify(token)).toBeDefined();
    clock.advance(1);
    await expect(verify(token)).rejects.toEqual(refused('api_key_revoked'));
  });

  it('reads a key again as soon as it hears of a change, or that it may have missed one', async () => {
    const { id, token } = publishKey();
    await verify(token);
    directory.onChange(id);
    await verify(token);
    directory.onGap();
    await verify(token);
    expect(store.asked).toBe(3);
  });

  it('does not keep what it read before a change that came while reading', async () => {
    const { id, token } = publishKey();
    let open: () => void = () => undefined;
    store.gate = new Promise((resolve) => (open = resolve));
    const early = verify(token);
    store.keys.set(id, { ...store.keys.get(id)!, revokedAt: 5 });
    directory.onChange(id);
    open();
    await early;
    await expect(verify(token)).rejects.toEqual(refused('api_key_revoked'));
  });

  it('remembers for two seconds that an id is unknown, and no longer once it was created', async () => {
    const { id, token } = publishKey();
    const key = store.keys.get(id)!;
    store.keys.delete(id);
    await expect(verify(token)).rejects.toEqual(refused('api_key_invalid'));
    await expect(verify(token)).rejects.toEqual(refused('api_key_invalid'));
    expect(store.asked).toBe(1);
    store.keys.set(id, key);
    directory.onChange(id);
    await expect(verify(token)).resolves.toBeDefined();
  });

  it('answers store_unavailable for an unknown key while Redis is away, and recovers', async () => {
    const { token } = publishKey();
    store.down = true;
    await expect(verify(token)).rejects.toEqual(refused('store_unavailable'));
    store.down = false;
    await expect(verify(token)).resolves.toBeDefined();
  });

  it('holds no more keys than its limit and drops the one unrenewed for longest', async () => {
    const small = new KeyDirectory(store, clock, { ...directoryLimits, keys: 2, unknownIds: 2 });
    const [a, b, c] = [publishKey(), publishKey(), publishKey()];
    for (const { token } of [a, b, c]) await small.verify(token);
    expect(small.verify(c.token)).not.toBeInstanceOf(Promise);
    expect(small.verify(b.token)).not.toBeInstanceOf(Promise);
    expect(small.verify(a.token)).toBeInstanceOf(Promise);
  });
});
