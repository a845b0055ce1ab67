import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import { newStreamMark, splitReceipt } from './stream-mark.js';
import { StreamLeases } from './stream-leases.js';
import { StreamNotices } from './stream-notices.js';
import type { StreamNews } from './stream-notices.js';

const ns = 'ns_1' as NamespaceId;
const other = 'ns_2' as NamespaceId;

function twoGateways() {
  const sent: string[] = [];
  const spublish = (async (_channel: string, words: string) => {
    sent.push(words);
    return 1;
  }) as unknown as ConstructorParameters<typeof StreamNotices>[0]['spublish'];
  return { here: new StreamNotices({ spublish }, silentLogger), there: new StreamNotices({ spublish }, silentLogger), sent };
}

describe('news of a lease', () => {
  it('reaches its stream at this gateway without a word to the others', () => {
    const { here, sent } = twoGateways();
    const heard: StreamNews[] = [];
    const mark = newStreamMark();
    here.follow(ns, mark, (news) => heard.push(news));
    here.tell(ns, [{ mark, receipt: 'r.1' }]);
    expect([heard, sent]).toEqual([[{ mark, receipt: 'r.1' }], []]);
  });

  it('reaches its stream at another gateway, with the new deadline of an extended lease', () => {
    const { here, there, sent } = twoGateways();
    const heard: StreamNews[] = [];
    const mark = newStreamMark();
    there.follow(ns, mark, (news) => heard.push(news));
    here.tell(ns, [{ mark, receipt: 'r.1' }, { mark, receipt: 'r.2', untilMs: 1_700_000_000_000 }]);
    there.hear(ns, ['q_other', ...sent.flatMap((words) => words.split(' ')), 'reply.x']);
    expect(heard).toEqual([{ mark, receipt: 'r.1' }, { mark, receipt: 'r.2', untilMs: 1_700_000_000_000 }]);
  });

  it('does not reach a stream of another namespace, nor one that ended', () => {
    const { here } = twoGateways();
    const heard: StreamNews[] = [];
    const mark = newStreamMark();
    const unfollow = here.follow(ns, mark, (news) => heard.push(news));
    here.tell(other, [{ mark, receipt: 'r' }]);
    unfollow();
    here.tell(ns, [{ mark, receipt: 'r' }]);
    expect(heard).toEqual([]);
  });
});

describe('a receipt', () => {
  it('tells the mark of its stream; a receipt of a receive call has none', () => {
    const mark = newStreamMark();
    expect(splitReceipt(`abc.1.10.1.deadbeef${mark}`)).toEqual({ receipt: 'abc.1.10.1.deadbeef', mark });
    expect(splitReceipt('abc.1.10.1.deadbeef')).toEqual({ receipt: 'abc.1.10.1.deadbeef' });
    expect(splitReceipt('abc~xyz')).toEqual({ receipt: 'abc~xyz' });
  });
});

describe('the leases of a stream', () => {
  it('make room when they end or run out, and keep it when they are extended', () => {
    const leases = new StreamLeases();
    for (const [receipt, untilMs] of [['a', 100], ['b', 200], ['c', 300]] as const) leases.add(receipt, untilMs);
    leases.extend('a', 400);
    leases.extend('unknown', 400);
    leases.end('b');
    expect([leases.size, leases.nextEndMs]).toEqual([2, 300]);
    leases.dropRunOut(300);
    expect(leases.receipts).toEqual(['a']);
  });
});
