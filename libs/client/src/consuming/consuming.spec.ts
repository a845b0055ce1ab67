import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Message } from '../message.js';
import { HeldTime } from '../testing/held-time.js';
import { QueueServer } from '../testing/queue-server.js';
import { problem } from '../testing/scripted-server.js';
import { WaybillClient } from '../waybill-client.js';
import { RejectMessage, ReleaseMessage } from './work.js';

let server: QueueServer;
let time: HeldTime;
const queue = () => new WaybillClient({ url: server.server.url, key: 'k', time }).queue('orders');

beforeEach(async () => {
  time = new HeldTime();
  server = await QueueServer.start(30_000, () => time.now());
});
afterEach(() => server.stop());

/** Polls until it holds. */
async function eventually(check: () => void): Promise<void> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    try {
      return check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise(setImmediate);
    }
  }
}

function gate() {
  let open = () => undefined as void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('receive and settle', () => {
  it('settles single messages, and what is settled together in one call', async () => {
    server.put('a', 'b', 'c');
    const messages = await queue().receive({ max: 3 });
    await Promise.all([messages[0]?.accept(), messages[1]?.release({ delaySeconds: 5 }), messages[2]?.reject('bad')]);
    expect(server.settled).toEqual([
      { action: 'accept', receipt: 'r1', item: 'r1' }, { action: 'release', receipt: 'r2', item: { receipt: 'r2', delaySeconds: 5 } }, { action: 'reject', receipt: 'r3', item: { receipt: 'r3', reason: 'bad' } },
    ]);
    expect(server.server.requests.filter(({ url }) => url.endsWith('/settle'))).toHaveLength(1);
    expect(messages.map(({ settled }) => settled)).toEqual([true, true, true]);
  });

  it('accepts what is done with the receive that asks for more', async () => {
    server.put('a', 'b', 'c');
    const first = await queue().receive({ max: 2 });
    server.lost.add('r2');
    const second = await queue().receive({ max: 2, accept: first });
    expect(second.map((message) => message.text())).toEqual(['c']);
    expect(server.with('accept')).toEqual(['r1']);
    expect(first.map(({ settled, lost }) => [settled, lost.aborted])).toEqual([[true, false], [true, true]]);
    expect(server.server.requests.filter(({ url }) => url.endsWith('/settle'))).toHaveLength(0);
  });

  it('shows the body as text, as JSON and as bytes', async () => {
    server.put('{"a":"ä"}');
    const [message] = await queue().receive();
    expect(message?.json()).toEqual({ a: 'ä' });
    expect(Buffer.from(message?.body ?? []).toString()).toBe('{"a":"ä"}');
  });

  it('fails with lease_lost and says so on the message', async () => {
    server.put('a');
    server.lost.add('r1');
    const [message] = await queue().receive();
    await expect(message?.accept()).rejects.toMatchObject({ code: 'lease_lost', status: 409 });
    expect(message).toMatchObject({ settled: true });
    expect(message?.lost.aborted).toBe(true);
  });

  it('sends a receipt once a call, even when it is extended and accepted at the same time', async () => {
    server.put('a');
    const [message] = await queue().receive();
    await Promise.all([message?.extend(60), message?.accept()]);
    expect(server.settled.map(({ action }) => action)).toEqual(['extend', 'accept']);
    expect(server.server.requests.filter(({ url }) => url.endsWith('/settle'))).toHaveLength(2);
  });
});

describe('for await over consume', () => {
  it('accepts each message after its turn', async () => {
    server.put('a', 'b', 'c');
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const message of queue().consume({ signal: stop.signal, prefetch: 2 })) {
      expect(server.with('accept')).not.toContain(message.receipt);
      seen.push(message.text());
      if (seen.length === 3) stop.abort();
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(server.with('accept')).toEqual(['r1', 'r2', 'r3']);
  });

  it('never holds more than the prefetch', async () => {
    server.put(...Array.from({ length: 10 }, (_, n) => String(n)));
    let seen = 0;
    for await (const _message of queue().consume({ prefetch: 4 })) if ((seen += 1) === 10) break;
    expect(Math.max(...server.asked.map(({ max }) => max))).toBe(4);
    expect(new Set(server.asked.map(({ consumer }) => consumer)).size).toBe(1);
  });

  it('left in the middle releases the message in hand and gives back what was not begun', async () => {
    server.put('a', 'b', 'c');
    const run = async () => {
      for await (const _message of queue().consume({ prefetch: 3 })) throw new Error('broken');
    };
    await expect(run()).rejects.toThrow('broken');
    await eventually(() => expect(server.with('release').sort()).toEqual(['r1', 'r2', 'r3']));
    expect(server.settled.find(({ receipt }) => receipt === 'r1')?.item).toEqual({ receipt: 'r1' }); // by the queue's retry policy
    expect(server.with('accept')).toEqual([]);
  });

  it('leaves alone what the loop settled, and everything when told to', async () => {
    server.put('a', 'b');
    for await (const message of queue().consume({ prefetch: 1 })) {
      if (message.text() === 'b') break;
      await message.reject('no');
    }
    await eventually(() => expect(server.settled.map(({ action, receipt }) => [action, receipt])).toEqual([['reject', 'r1'], ['release', 'r2']]));
    server.put('c', 'd');
    let seen = 0;
    for await (const _message of queue().consume({ prefetch: 1, settle: 'manual' })) if ((seen += 1) === 1) break;
    expect(server.settled).toHaveLength(2);
  });

  it('extends the lease of the message in hand and of those that wait', async () => {
    server.put('a', 'b');
    const stop = new AbortController();
    for await (const message of queue().consume({ prefetch: 2, leaseSeconds: 30, signal: stop.signal })) {
      if (message.text() === 'b') stop.abort();
      else {
        for (let round = 1; round <= 3; round += 1) {
          await eventually(() => expect(time.waiting).toBe(2));
          time.advance(16_000);
          await eventually(() => expect(server.with('extend').sort()).toEqual([...Array<string>(round).fill('r1'), ...Array<string>(round).fill('r2')]));
        }
        await eventually(() => expect(Date.parse(message.leaseUntil)).toBe(time.now() + 30_000));
      }
    }
    expect(server.with('accept')).toEqual(['r1', 'r2']);
  });

  it('tells of a lost lease and goes on', async () => {
    server.put('a', 'b');
    server.lost.add('r1');
    const lost: string[] = [];
    for await (const message of queue().consume({ prefetch: 1, onLost: (one) => lost.push(one.id) })) if (message.text() === 'b') break;
    expect(lost).toEqual(['msg_1']);
  });

  it('ends with an error that no other try can mend', async () => {
    server.server.script(problem(404, 'queue_not_found', false));
    const run = async () => {
      for await (const _message of queue().consume()) throw new Error('nothing can come');
    };
    await expect(run()).rejects.toMatchObject({ code: 'queue_not_found' });
  });
});

describe('work', () => {
  it('accepts after success, releases after an error, and lets the handler decide', async () => {
    server.put('good', 'bad', 'reject', 'later', 'wish');
    const stop = new AbortController();
    const errors: string[] = [];
    let handled = 0;
    await queue().work(
      (message) => {
        if ((handled += 1) === 5) stop.abort();
        if (message.text() === 'bad' || message.text() === 'wish') throw new Error(message.text());
        if (message.text() === 'reject') throw new RejectMessage('cannot be read');
        if (message.text() === 'later') throw new ReleaseMessage(90);
      },
      { signal: stop.signal, onError: (error) => (errors.push((error as Error).message), (error as Error).message === 'wish' ? { delaySeconds: 7 } : undefined) },
    );
    expect(server.settled.map(({ action, item }) => [action, item])).toEqual([
      ['accept', 'r1'], ['release', { receipt: 'r2' }], ['reject', { receipt: 'r3', reason: 'cannot be read' }], ['release', { receipt: 'r4', delaySeconds: 90 }], ['release', { receipt: 'r5', delaySeconds: 7 }],
    ]);
    expect(errors).toEqual(['bad', 'cannot be read', 'released by the handler', 'wish']);
  });

  it('runs as many handlers at a time as it is told', async () => {
    server.put(...Array.from({ length: 9 }, (_, n) => String(n)));
    const stop = new AbortController();
    const all = gate();
    let now = 0;
    let most = 0;
    let done = 0;
    await queue().work(
      async () => {
        most = Math.max(most, (now += 1));
        if (now === 3) all.open();
        await all.opened;
        now -= 1;
        if ((done += 1) === 9) stop.abort();
      },
      { concurrency: 3, signal: stop.signal },
    );
    expect(most).toBe(3);
    expect(server.with('accept')).toHaveLength(9);
  });

  it('after the signal finishes what was begun and takes nothing more', async () => {
    server.put('a', 'b', 'c');
    const stop = new AbortController();
    const finish = gate();
    const begun: string[] = [];
    const working = queue().work(async (message) => (begun.push(message.text()), await finish.opened), { concurrency: 1, prefetch: 3, signal: stop.signal });
    await eventually(() => expect(begun).toEqual(['a']));
    stop.abort();
    await eventually(() => expect(server.with('release').sort()).toEqual(['r2', 'r3']));
    finish.open();
    await working;
    expect(begun).toEqual(['a']);
    expect(server.with('accept')).toEqual(['r1']);
  });

  it('does not wait for ever: after the time to drain the handler is told and its message goes back', async () => {
    server.put('a');
    const stop = new AbortController();
    let told: AbortSignal | undefined;
    const working = queue().work((_message, { signal }) => ((told = signal), new Promise(() => undefined)), { signal: stop.signal, drainSeconds: 3 });
    await eventually(() => expect(told).toBeDefined());
    stop.abort();
    await eventually(() => expect(time.slept).toContain(3_000));
    time.advance(3_000);
    await working;
    expect(told?.aborted).toBe(true);
    expect(server.with('release')).toEqual(['r1']);
  });

  it('aborts the handler whose lease was lost and settles nothing for it', async () => {
    server.put('a');
    const stop = new AbortController();
    const errors: unknown[] = [];
    const working = queue().work(
      (_message: Message, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => (stop.abort(), resolve(undefined)))),
      { signal: stop.signal, leaseSeconds: 30, onError: (error) => void errors.push((error as { code: string }).code) },
    );
    await eventually(() => expect(time.waiting).toBe(1));
    server.lost.add('r1');
    time.advance(15_000);
    await working;
    expect(errors).toEqual(['lease_lost']);
    expect(server.settled).toEqual([]);
  });

  it('goes on through a gateway that is away for a while', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const port = Number(new URL(server.server.url).port);
    const working = queue().work((message) => void (seen.push(message.text()), seen.length === 2 && stop.abort()), { signal: stop.signal });
    server.put('a');
    await eventually(() => expect(server.with('accept')).toEqual(['r1']));
    await server.stop();
    await eventually(() => expect(time.waiting).toBeGreaterThan(0));
    await new Promise<void>((resolve) => server.server.http.listen(port, '127.0.0.1', resolve));
    server.put('b');
    await eventually(() => {
      time.advance(1_000);
      expect(seen).toEqual(['a', 'b']);
    });
    await working;
  });

  it('rejects when the key is not valid any more', async () => {
    server.server.script(problem(401, 'api_key_revoked', false));
    await expect(queue().work(() => undefined)).rejects.toMatchObject({ code: 'api_key_revoked' });
  });
});
