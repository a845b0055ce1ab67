import { Pool } from 'undici';

/** The yardstick: POSTs in a loop with bare undici, as a process of its own. */
const { url, concurrency, bodyBytes } = JSON.parse(process.argv[2] ?? '') as { url: string; concurrency: number; bodyBytes: number };
const { origin, pathname } = new URL(url);
const pool = new Pool(origin, { connections: concurrency });
const body = Buffer.alloc(bodyBytes, 'x');

async function loop(untilMs: number): Promise<number> {
  let done = 0;
  while (performance.now() < untilMs) {
    const answer = await pool.request({ method: 'POST', path: pathname, headers: { 'content-type': 'text/plain' }, body });
    if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`);
    await answer.body.dump();
    done += 1;
  }
  return done;
}

async function measure(seconds: number): Promise<number> {
  const startMs = performance.now();
  const done = await Promise.all(Array.from({ length: concurrency }, () => loop(startMs + seconds * 1_000)));
  return done.reduce((sum, one) => sum + one, 0) / ((performance.now() - startMs) / 1_000);
}

process.on('message', (seconds: number) => void measure(seconds).then((perSecond) => process.send?.({ perSecond }), (error: unknown) => process.send?.({ error: String(error) })));
process.once('disconnect', () => process.exit());
process.send?.({ ready: true });
