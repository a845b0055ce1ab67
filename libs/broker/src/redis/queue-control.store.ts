import { WaybillError } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { messageIdOf } from '../position.js';
import { queueKey } from './keys.js';
import type { QueueEntry } from './queue-browser.store.js';
import { runOn } from './queue.store.js';
import type { QueueRef } from './queue.store.js';
import { Script, text } from './script.store.js';

/** A group of a fifo or fair queue. */
export interface GroupState {
  readonly group: string;
  readonly waiting: number;
  readonly state: 'ready' | 'in_flight' | 'delayed' | 'parked';
  /** fifo: the message in flight; `untilMs` is its deadline, or when its delay ends. */
  readonly blockedBy: { readonly id: string; readonly holder: string | null; readonly untilMs: number | null } | null;
  readonly parkedReason: string | null;
}

const scripts = {
  remove: new Script('remove'),
  pause: new Script('pause'),
  idle: new Script('idle'),
  groups: new Script('groups'),
  park: new Script('park'),
};
const removeStep = 500;
const fieldsOfGroup = 6;

/** What people and workers do to a queue as a whole. Every call fails with `queue_not_found`. */
export class QueueControl {
  constructor(private readonly redis: Redis) {}

  /** Removes these messages, as far as they are still in the state. Returns how many. */
  async remove(queue: QueueRef, state: Exclude<QueueEntry['state'], 'leased'>, entries: readonly Pick<QueueEntry, 'position' | 'deliveries' | 'deferKey'>[]): Promise<number> {
    let removed = 0;
    for (let at = 0; at < entries.length; at += removeStep) {
      const step = entries.slice(at, at + removeStep).map(({ position, deliveries, deferKey }) => `${position}:${deliveries}:${deferKey ?? ''}`);
      removed += (await runOn(this.redis, scripts.remove, queue, [state, ...step]))[1] as number;
    }
    return removed;
  }

  /** Hands nothing out for `forMs`, or until {@link resume} when null. Returns the moment it ends, milliseconds since the epoch. */
  async pause(queue: QueueRef, forMs: number | null): Promise<number | null> {
    const untilMs = (await runOn(this.redis, scripts.pause, queue, [forMs ?? 'on']))[1] as number;
    return untilMs === 0 ? null : untilMs;
  }

  async resume(queue: QueueRef): Promise<void> {
    await runOn(this.redis, scripts.pause, queue, ['']);
  }

  /** How long nobody published or received, milliseconds, and how many messages there are in any state. */
  async idle(queue: QueueRef): Promise<{ idleMs: number; messages: number }> {
    const [, idleMs, messages] = (await runOn(this.redis, scripts.idle, queue, [''])) as [Buffer, number, number];
    return { idleMs, messages };
  }

  /**
   * Closes the queue when it is empty and was idle for so long: whoever gets true has half a minute to delete it, in which
   * publishes wait for the deletion. False: it is in use.
   */
  async closeIfIdle(queue: QueueRef, idleMs: number): Promise<boolean> {
    return text((await runOn(this.redis, scripts.idle, queue, [idleMs]))[0]) === 'closed';
  }

  /** Groups by name after `after`. Fails with `queue_kind_unsuitable`. */
  async groups(queue: QueueRef, after: string | undefined, count: number): Promise<GroupState[]> {
    return this.#groupsOf(queue, await runOn(this.redis, scripts.groups, queue, [after ?? '', after === undefined ? '0' : '1', count, '']));
  }

  /** One group, or undefined when the queue has nothing of it. Fails with `queue_kind_unsuitable`. */
  async group(queue: QueueRef, name: string): Promise<GroupState | undefined> {
    const [group] = await this.#groupsOf(queue, await runOn(this.redis, scripts.groups, queue, ['', '=', 1, name]));
    return group;
  }

  /** Hands out nothing of the group. Fails with `group_not_found`, `queue_kind_unsuitable`. */
  async park(queue: QueueRef, group: string, reason: string): Promise<void> {
    answerOf(await runOn(this.redis, scripts.park, queue, [group, reason]));
  }

  /** Lets the group go on; its first message is counted from 0 again. Fails with `group_not_found`, `queue_kind_unsuitable`. */
  async unpark(queue: QueueRef, group: string): Promise<void> {
    answerOf(await runOn(this.redis, scripts.park, queue, [group, '']));
  }

  async #groupsOf(queue: QueueRef, reply: readonly unknown[]): Promise<GroupState[]> {
    answerOf(reply);
    const names = new Map(Object.entries(await this.redis.hgetall(queueKey(queue.ns, queue.id, 'holders'))).map(([name, number]) => [number, name]));
    const groups: GroupState[] = [];
    for (let i = 1; i < reply.length; i += fieldsOfGroup) {
      const [group, waiting, state, lease, untilMs, parked] = reply.slice(i, i + fieldsOfGroup) as [Buffer, number, Buffer, Buffer, number, Buffer];
      const [position, , , holder] = text(lease).split(':');
      const leased = text(state) !== 'delayed';
      groups.push({
        group: group.toString('utf8'), waiting, state: text(state) as GroupState['state'],
        blockedBy: position ? { id: messageIdOf(Number(position)), holder: leased ? (names.get(holder ?? '') ?? null) : null, untilMs: untilMs || null } : null,
        parkedReason: parked.length > 0 ? parked.toString('utf8') : null,
      });
    }
    return groups;
  }
}

function answerOf(reply: readonly unknown[]): void {
  const answer = text(reply[0]);
  if (answer === 'unsuitable') throw new WaybillError('queue_kind_unsuitable', { kind: 'fifo or a fair standard queue' });
  if (answer === 'group_not_found') throw new WaybillError('group_not_found');
}
