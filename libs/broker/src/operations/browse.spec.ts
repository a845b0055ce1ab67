import { describe, expect, it } from '@jest/globals';
import type { NamespaceId } from '@waybill/kernel';
import fc from 'fast-check';
import { FakeQueue } from '../testing/fake-queue.js';
import { MessageBrowser } from './browse.js';
import type { Entry } from './operated-queue.js';

const queue = { ns: 'ns_a' as NamespaceId, id: 'q_a', name: 'orders' };
const everything = () => true;
const even = ({ position }: Entry) => position % 2 === 0;

function filled(count: number, bodyBytes = 10): FakeQueue {
  const source = new FakeQueue();
  for (let i = 1; i <= count; i += 1) source.add('ready', i, { body: Buffer.alloc(bodyBytes) });
  return source;
}
const budgetOf = (messages: number, bytes = Infinity) => ({ browse: { messages, bytes }, preview: { messages, bytes } });

async function allPages(browser: MessageBrowser<Entry>, test: (entry: Entry) => boolean, limit: number): Promise<{ positions: number[]; scanned: number; pages: number }> {
  const positions: number[] = [];
  let [scanned, pages] = [0, 0];
  for (let after: string | undefined; ; ) {
    const page = await browser.page(queue, 'ready', test, { after, limit });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    positions.push(...page.items.map(({ position }) => position));
    scanned += page.scanned;
    pages += 1;
    if (page.next === null) return { positions, scanned, pages };
    after = page.next;
  }
}

describe('browsing', () => {
  it('shows every message that fits exactly once, whatever the page size, the budget and the filter', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 5 }), async (count, limit, budget, every) => {
        const browser = new MessageBrowser(filled(count), budgetOf(budget));
        const wanted = Array.from({ length: count }, (_, i) => i + 1).filter((position) => position % every === 0);
        const { positions, scanned } = await allPages(browser, ({ position }) => position % every === 0, limit);
        expect(positions).toEqual(wanted);
        expect(scanned).toBe(count);
      }),
    );
  });

  it('ends a page early, with a way to go on, when nothing fits in the messages of one call', async () => {
    const page = await new MessageBrowser(filled(500), budgetOf(100)).page(queue, 'ready', () => false, { after: undefined, limit: 10 });
    expect(page).toMatchObject({ items: [], scanned: 100, next: expect.any(String) });
  });

  it('reads a bounded number of bytes in one call', async () => {
    const source = filled(50, 1_000_000);
    const page = await new MessageBrowser(source, budgetOf(1_000, 3_000_000)).page(queue, 'ready', ({ position }) => position > 49, { after: undefined, limit: 1 });
    expect(page.scanned).toBeLessThanOrEqual(4);
    expect(page.next).not.toBeNull();
  });

  it.each([
    ['cut', (token: string) => token.slice(0, -1)],
    ['changed', (token: string) => `x${token.slice(1)}`],
    ['empty', () => ''],
    ['made up', () => 'MTAw.00000000'],
    ['not text', () => '\u0000.%%'],
  ])('refuses a token that is %s', async (_what, spoil) => {
    const browser = new MessageBrowser(filled(10));
    const { next } = await browser.page(queue, 'ready', everything, { after: undefined, limit: 3 });
    await expect(browser.page(queue, 'ready', everything, { after: spoil(next as string), limit: 3 })).rejects.toMatchObject({ code: 'page_token_invalid' });
  });

  it('refuses a token of another queue or another state', async () => {
    const browser = new MessageBrowser(filled(10));
    const { next } = await browser.page(queue, 'ready', everything, { after: undefined, limit: 3 });
    const after = next as string;
    await expect(browser.page({ ...queue, id: 'q_b' }, 'ready', everything, { after, limit: 3 })).rejects.toMatchObject({ code: 'page_token_invalid' });
    await expect(browser.page(queue, 'dead', everything, { after, limit: 3 })).rejects.toMatchObject({ code: 'page_token_invalid' });
  });
});

describe('a preview', () => {
  it('counts what fits and shows the first ten', async () => {
    const preview = await new MessageBrowser(filled(450)).preview(queue, 'ready', even);
    expect(preview).toMatchObject({ matched: 225, scanned: 450, complete: true });
    expect(preview.sample.map(({ position }) => position)).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
  });

  it('says that it is not complete when the queue is longer than it looks', async () => {
    expect(await new MessageBrowser(filled(450), budgetOf(300)).preview(queue, 'ready', everything)).toMatchObject({ matched: 300, scanned: 300, complete: false });
  });

  it('is complete when the queue ends exactly with the budget', async () => {
    expect(await new MessageBrowser(filled(300), budgetOf(300)).preview(queue, 'ready', everything)).toMatchObject({ scanned: 300, complete: true });
  });

  it('peeks at a message whatever its state, and says when there is none', async () => {
    const source = new FakeQueue();
    const leased = source.add('leased', 7);
    const browser = new MessageBrowser(source);
    expect(await browser.peek(queue, leased.id)).toBe(leased);
    await expect(browser.peek(queue, 'msg_00000000000')).rejects.toMatchObject({ code: 'message_not_found' });
  });
});
