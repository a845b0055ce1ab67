import { systemClock } from '@waybill/kernel';
import { DeadLetterForwarder } from '../operations/dead-letter-forwarder.js';
import { ForwardStore } from '../operations/forwards.store.js';
import { MessageMover } from '../operations/message-mover.js';
import type { TaskSpec } from '../operations/message-task.js';
import { TaskRunner } from '../operations/task-runner.js';
import { TaskStore } from '../operations/tasks.store.js';
import type { Publisher } from '../publisher.js';
import { QueueBrowser } from '../redis/queue-browser.store.js';
import { QueueControl } from '../redis/queue-control.store.js';
import type { QueueRef } from '../redis/queue.store.js';
import { SnapshotStore } from '../redis/snapshot.store.js';
import { TopologyCache } from '../topology-cache.js';
import { plain } from './namespace.js';
import type { TestNamespace } from './namespace.js';

/** What a worker has of a namespace, and the ways a test brings messages into a state. */
export class OperatedNamespace {
  readonly browser: QueueBrowser;
  readonly control: QueueControl;
  readonly tasks: TaskStore;
  readonly mover: MessageMover;
  readonly runner: TaskRunner;
  readonly forwarder: DeadLetterForwarder;
  readonly publisher: Publisher;

  constructor(private readonly home: TestNamespace) {
    const { redis } = home;
    const topologies = new TopologyCache(new SnapshotStore(redis));
    this.publisher = home.publisher();
    this.browser = new QueueBrowser(redis);
    this.control = new QueueControl(redis);
    this.tasks = new TaskStore(redis);
    this.mover = new MessageMover(this.publisher);
    this.runner = new TaskRunner(this.tasks, this.browser, this.mover, this.control, systemClock);
    this.forwarder = new DeadLetterForwarder(new ForwardStore(redis), this.browser, this.mover, topologies, systemClock);
  }

  async publish(queue: QueueRef, bodies: readonly string[], key = ''): Promise<string[]> {
    const published = await this.publisher.publish(this.home.ns, { queue: queue.name }, bodies.map((body) => ({ properties: plain(key), body: Buffer.from(body) })));
    return published.map(({ id }) => id);
  }

  /** Rejects everything that is ready. */
  async killAll(queue: QueueRef, reason = 'rejected'): Promise<void> {
    for (;;) {
      const claim = await this.home.queues.claim(queue, { max: 100, holder: 'test' });
      if (claim.kind === 'empty') return;
      await this.home.queues.settle(queue, claim.deliveries.map(({ receipt }) => ({ action: 'reject', receipt, reason })));
    }
  }

  /** Everything that is ready, accepted. */
  async drain(queue: QueueRef): Promise<{ id: string; body: string; deliveries: number; headers: Readonly<Record<string, string>>; key: string; death: unknown }[]> {
    const all = [];
    for (;;) {
      const claim = await this.home.queues.claim(queue, { max: 100, holder: 'test', leaseMs: 'none' });
      if (claim.kind === 'empty') return all;
      all.push(...claim.deliveries.map(({ id, body, deliveries, properties: { headers, key, death } }) => ({ id, body: body.toString(), deliveries, headers, key, death })));
    }
  }

  spec(queue: QueueRef, more: Partial<TaskSpec> = {}): TaskSpec {
    return { kind: 'redrive', queue: queue.name, queueId: queue.id, from: 'dead', inOrder: true, to: { queue: queue.name }, filter: {}, ratePerSecond: null, askedBy: 'key_test', ...more };
  }
}
