import { afterEach, describe, expect, it } from '@jest/globals';
import { formatReceipt } from '@waybill/broker';
import type { ClaimRequest, Delivery, QueueRef, Received, ReceiveRequest, Settlement } from '@waybill/broker';
import { HeldClock, silentLogger, WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import { eventually } from '@waybill/testing';
import { StreamSession } from './stream-session.js';
import type { StreamEnd, StreamKit, StreamOutlet } from './stream-session.js';

const queue: QueueRef = { ns: 'ns_1' as NamespaceId, id: 'q_1', name: 'q' };
const deliveryOf = (position: number, more: Partial<Delivery['properties']> = {}): Delivery => ({
  id: `msg_${position}`, position, deliveries: 1, receipt: { position, deliveries: 1, size: '10', holder: 1 },
  properties: { key: '', contentType: 'text/plain', priority: 0, headers: {}, ...more }, body: Buffer.from(String(position)),
});

class Outlet implements StreamOutlet {
  blocked = false;
  readonly sent: string[] = [];
  readonly problems: string[] = [];
  ends: StreamEnd[] = [];
  message(id: string): void {
    this.sent.push(id);
  }
  paused(): void {
    this.sent.push('paused');
  }
  problem(error: WaybillError): void {
    this.problems.push(error.code);
  }
  beat(): boolean {
    return true;
  }
  end(why: StreamEnd): void {
    this.ends.push(why);
  }
}

type Step = Received | WaybillError | ((signal: AbortSignal) => Promise<Received>);

const waits = (signal: AbortSignal): Promise<Received> =>
  new Promise((resolve) => {
    const nothing = () => resolve({ deadlineMs: 0, deliveries: [], paused: false, outcomes: [] });
    if (signal.aborted) nothing();
    else signal.addEventListener('abort', nothing, { once: true });
  });

/** A session whose receives are answered by `steps`, in turn; after the last one it waits until it is aborted. */
function setUp(steps: Step[], more: Partial<StreamKit> = {}, credit = 10) {
  const asked: (ReceiveRequest & ClaimRequest)[] = [];
  const settled: Settlement[] = [];
  const outlet = new Outlet();
  const receive = async (_queue: QueueRef, request: ReceiveRequest): Promise<Received> => {
    asked.push(request);
    const step = steps.shift() ?? waits;
    if (step instanceof WaybillError) throw step;
    return typeof step === 'function' ? step(request.signal as AbortSignal) : step;
  };
  const broker = {
    wakes: { listen: async () => () => undefined },
    active: { touch: () => undefined },
    consumer: { on: (_ns: NamespaceId, _name: string, work: (queue: QueueRef) => Promise<unknown>) => work(queue), receive },
    queues: { settle: async (_queue: QueueRef, settlements: Settlement[]) => void settled.push(...settlements) },
    leases: { deadlines: async () => [] },
    seats: { leave: async () => true },
    topologies: { get: () => ({ table: { queue: () => undefined } }) },
  } as unknown as StreamKit['broker'];
  const kit: StreamKit = {
    broker, notices: { follow: () => () => undefined }, clock: new HeldClock(1_000), logger: silentLogger, onDelivered: () => undefined, loadBody: async () => Buffer.from('large'), ...more,
  };
  const session = new StreamSession({ ns: queue.ns, queue: 'q', credit, leaseMs: undefined, holder: 'me', consumer: undefined }, outlet, kit);
  open.push(session);
  return { session, outlet, asked, settled, done: session.run() };
}

const got = (...deliveries: Delivery[]): Received => ({ deadlineMs: 60_000, deliveries, paused: false, outcomes: [] });

const open: StreamSession[] = [];
afterEach(() => {
  for (const session of open.splice(0)) session.end('left');
});

describe('a stream', () => {
  it('asks for as many messages as its credit leaves room for, and never for more than a receive may', async () => {
    const { session, asked, done } = setUp([got(deliveryOf(1), deliveryOf(2)), got(deliveryOf(3))], {}, 5);
    await eventually(() => expect(asked.map(({ max }) => max)).toEqual([5, 3, 2]));
    session.end('left');
    await done;
    const many = setUp([], {}, 1_000);
    await eventually(() => expect(many.asked.map(({ max }) => max)).toEqual([100]));
    many.session.end('left');
    await many.done;
  });

  it('leases nothing while the client does not read, and goes on when it does', async () => {
    const { session, outlet, asked, done } = setUp([got(deliveryOf(1)), got(deliveryOf(2))]);
    outlet.blocked = true;
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    session.look();
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    expect([asked, outlet.sent]).toEqual([[], []]);
    outlet.blocked = false;
    session.look();
    await eventually(() => expect(outlet.sent).toEqual(['msg_1', 'msg_2']));
    session.end('left');
    await done;
  });

  it('outlives an error of the store that passes', async () => {
    const { session, outlet, done } = setUp([new WaybillError('store_unavailable'), got(deliveryOf(1))]);
    await eventually(() => expect(outlet.sent).toEqual(['msg_1']));
    expect([outlet.problems, outlet.ends]).toEqual([[], []]);
    session.end('left');
    await done;
  });

  it('ends with the problem when repeating does not mend it, and releases what it holds', async () => {
    const { outlet, settled, done } = setUp([got(deliveryOf(1)), new WaybillError('queue_not_found')]);
    await done;
    expect([outlet.problems, outlet.ends]).toEqual([['queue_not_found'], ['failed']]);
    expect(settled).toEqual([{ action: 'release', receipt: deliveryOf(1).receipt, delayMs: 0 }]);
  });

  it('sends bodies that lie outside the message store, and hands back what it cannot fetch', async () => {
    const large = { storedBody: { id: 'b', bytes: 5 } };
    let reachable = false;
    const { session, outlet, settled, done } = setUp([got(deliveryOf(1), deliveryOf(2, large), deliveryOf(3)), got(deliveryOf(4, large))], {
      loadBody: async () => {
        if (reachable) return Buffer.from('large');
        reachable = true;
        throw new WaybillError('body_store_unavailable');
      },
    });
    await eventually(() => expect(outlet.sent).toEqual(['msg_1', 'msg_4']));
    expect(settled.map(({ receipt }) => receipt.position)).toEqual([2, 3]);
    expect(session.leased).toBe(2);
    session.end('left');
    await done;
  });

  it('hands back what came although its place in the line was given up', async () => {
    // The claim was under way when the credit was taken away.
    const { session, asked, settled, outlet, done } = setUp([(signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(got(deliveryOf(7))), { once: true }))]);
    await eventually(() => expect(asked).toHaveLength(1));
    session.setCredit(0);
    await eventually(() => expect(settled.map(({ receipt }) => receipt.position)).toEqual([7]));
    expect([outlet.sent, session.leased]).toEqual([[], 0]);
    session.end('left');
    await done;
  });

  it('that ends at any moment of its first steps does not wait for a message', async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      const { session, done, outlet } = setUp([]);
      for (let i = 0; i < turns; i += 1) await Promise.resolve();
      session.end('drained');
      await done;
      expect(outlet.ends).toEqual(['drained']);
    }
  });

  it('ends once, however many say so', async () => {
    const { session, outlet, done } = setUp([]);
    session.end('drained');
    session.end('left');
    await done;
    expect(outlet.ends).toEqual(['drained']);
  });

  it('marks its receipts', async () => {
    const texts: string[] = [];
    const { session, outlet, done } = setUp([got(deliveryOf(1))]);
    outlet.message = (_id: string, json?: string) => void texts.push(String(json));
    await eventually(() => expect(texts).toHaveLength(1));
    expect((JSON.parse(texts[0] as string) as { receipt: string }).receipt).toBe(`${formatReceipt('q_1', deliveryOf(1).receipt)}${session.mark}`);
    session.end('left');
    await done;
  });
});
