import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Task } from './client-process.js';
import type { Settings } from './peers/open.js';
import type { Measured } from './rounds.js';

/** The same memory setting as the gateway's: no side gains from Node what another does not get. */
export const nodeFlags = ['--max-semi-space-size=64'];

/** The one client process of a side; it stays alive from round to round, so that it is measured warm. */
export class Client {
  private constructor(
    private readonly child: ChildProcess,
    private readonly kind: string,
  ) {}

  static async start(settings: Settings): Promise<Client> {
    const child = fork(fileURLToPath(new URL('./client-process.js', import.meta.url)), [JSON.stringify(settings)], { execArgv: nodeFlags });
    const client = new Client(child, settings.kind);
    await client.#answer();
    return client;
  }

  async carryOut(task: Task): Promise<Measured> {
    this.child.send(task);
    const answer = await this.#answer();
    if ('measured' in answer) return answer.measured;
    throw new Error(`the ${this.kind} client answered out of turn`);
  }

  /** Of the process, for its processor time. */
  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the client process did not start');
    return this.child.pid;
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    const patience = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
    this.child.disconnect();
    await ended;
    clearTimeout(patience);
  }

  #answer(): Promise<Exclude<Answer, { error: string }>> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`the ${this.kind} client ended with code ${code}`));
      this.child.once('exit', onExit);
      this.child.once('message', (message) => {
        this.child.off('exit', onExit);
        const answer = message as Answer;
        if ('error' in answer) reject(new Error(`the ${this.kind} client failed: ${answer.error}`));
        else resolve(answer);
      });
    });
  }
}
