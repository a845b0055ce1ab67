import { describe, expect, it } from '@jest/globals';
import { PasswordHasher } from './password-hasher.js';

describe('PasswordHasher', () => {
  it('makes argon2id hashes of the required cost, salted each time', async () => {
    const hasher = new PasswordHasher();
    const [first, second] = [await hasher.hash('a long wonder of words'), await hasher.hash('a long wonder of words')];
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(first).not.toBe(second);
    expect(await hasher.verify(first, 'a long wonder of words')).toBe(true);
    expect(await hasher.verify(first, 'a long wonder of word')).toBe(false);
  });

  it('never takes a password for a person who does not exist, and does the same work for them', async () => {
    const hasher = new PasswordHasher();
    await hasher.warmUp();
    const known = await hasher.hash('a long wonder of words');
    const timeOf = async (hash: string | null): Promise<number> => {
      const times: number[] = [];
      for (let round = 0; round < 9; round += 1) {
        const startedMs = performance.now();
        expect(await hasher.verify(hash, 'no person has this password')).toBe(false);
        times.push(performance.now() - startedMs);
      }
      return times.sort((a, b) => a - b)[4] ?? 0;
    };
    const [forKnown, forUnknown] = [await timeOf(known), await timeOf(null)];
    expect(forUnknown).toBeGreaterThan(forKnown / 3);
    expect(forUnknown).toBeLessThan(forKnown * 3);
  });

  it('sends people away when too many wait, and serves everyone it let wait', async () => {
    const hasher = new PasswordHasher({ atOnce: 1, waiting: 2 });
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => hasher.hash('a long wonder of words')));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(outcomes[4]).toMatchObject({ reason: { code: 'sign_in_rate_limited', params: { retryAfterSeconds: 2 } } });
    await expect(hasher.hash('a long wonder of words')).resolves.toBeDefined();
  });
});
