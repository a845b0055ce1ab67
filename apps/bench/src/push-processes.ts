import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from './client.js';
import type { Scope } from './scope.js';

async function started(scope: Scope, file: string, args: string[] = []): Promise<{ child: ChildProcess; first: Record<string, unknown> }> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, { execArgv: nodeFlags });
  scope.defer(() => void child.kill());
  return { child, first: await answer(child) };
}

async function answer(child: ChildProcess): Promise<Record<string, unknown>> {
  const [message] = (await once(child, 'message')) as [Record<string, unknown>];
  if (message['error'] !== undefined) throw new Error(String(message['error']));
  return message;
}

/** Where webhooks arrive (push-receiver.ts). */
export class Receiver {
  #asked: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(scope: Scope): Promise<Receiver> {
    const { child, first } = await started(scope, './push-receiver.js');
    return new Receiver(child, `http://127.0.0.1:${String(first['port'])}`);
  }

  /** Calls so far on one path. Questions are asked one after the other: answers carry no name. */
  async count(path: string): Promise<number> {
    const asked = this.#asked.then(async () => {
      this.child.send('counts');
      return (await answer(this.child)) as { counts: Record<string, number> };
    });
    this.#asked = asked.catch(() => undefined);
    return (await asked).counts[path] ?? 0;
  }
}

/** POSTs of bare undici (push-yardstick.ts). */
export class Yardstick {
  private constructor(private readonly child: ChildProcess) {}

  static async start(scope: Scope, settings: { readonly url: string; readonly concurrency: number; readonly bodyBytes: number }): Promise<Yardstick> {
    const { child } = await started(scope, './push-yardstick.js', [JSON.stringify(settings)]);
    return new Yardstick(child);
  }

  async measure(seconds: number): Promise<number> {
    this.child.send(seconds);
    return Number((await answer(this.child))['perSecond']);
  }
}
