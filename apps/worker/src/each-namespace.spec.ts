import { describe, expect, it } from '@jest/globals';
import type { NamespaceId } from '@waybill/kernel';
import { silentLogger } from '@waybill/kernel';
import { eachNamespace, namespacesAtOnce } from './each-namespace.js';

const many = Array.from({ length: 100 }, (_, i) => `ns_${i}` as NamespaceId);

describe('eachNamespace', () => {
  it('serves every namespace once, a few at a time, whatever some of them do', async () => {
    const served: string[] = [];
    let [now, most] = [0, 0];
    const failed = await eachNamespace('usage-drain', many, silentLogger, async (id) => {
      now += 1;
      most = Math.max(most, now);
      await Promise.resolve();
      now -= 1;
      if (id.endsWith('7')) throw new Error('broken');
      served.push(id);
    });
    expect(failed).toBe(10);
    expect(served.sort()).toEqual(many.filter((id) => !id.endsWith('7')).sort());
    expect(most).toBe(namespacesAtOnce);
  });

  it('does not wait for one that hangs before it serves the others', async () => {
    const served: string[] = [];
    let release: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => (release = resolve));
    const all = eachNamespace('usage-drain', many, silentLogger, async (id) => {
      if (id === 'ns_0') await hanging;
      served.push(id);
      if (served.length === 99) release();
    });
    await all;
    expect(served.at(-1)).toBe('ns_0');
  });
});
