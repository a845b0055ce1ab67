import type { QueueDefinition } from '@waybill/broker';
import { keys, queueKeys, queueSettings, snapshotField } from '@waybill/broker';
import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { VersionedChange } from './namespace.store.js';
import { Script } from './redis/script.store.js';
import type { SnapshotStep } from './snapshot-step.js';
import { isDefinition } from './snapshot-step.js';

const applyScript = new Script('./apply.lua');
const stageScript = new Script('./stage.lua');
const swapScript = new Script('./swap.lua');

const changesKept = 1_000;
/** Big changes push more of the old ones out: a gateway that far behind reads the whole snapshot instead. */
const changesBytes = 4 * 1024 * 1024;
const abandonedAfterSeconds = 600;

/** A part of a rebuild: definitions to lay down and dropped queues to forget, at most 1,000 of all together. */
export interface Stage {
  readonly staging: string;
  /** Version in force when the rebuild began; null when there was none. */
  readonly seen: bigint | null;
  readonly steps: readonly SnapshotStep[];
  readonly forgottenQueues: readonly string[];
}

/** The namespace's topology as gateways read it (libs/broker: keys.ts, topology-change.ts). */
export class SnapshotStore {
  constructor(private readonly redis: Redis) {}

  /** Changes whenever the server restarts or another one takes over: only then can a snapshot get lost. */
  async serverRun(): Promise<string> {
    const run = /^run_id:(\w+)/m.exec(await this.redis.info('server'))?.[1];
    if (run === undefined) throw new Error('INFO server has no run_id');
    return run;
  }

  /** Null when Redis has no topology of the namespace. */
  async version(namespaceId: NamespaceId): Promise<bigint | null> {
    return toVersion(await this.redis.hget(keys.topology(namespaceId), 'version'));
  }

  /** One round trip for all of them. A namespace whose key Redis cannot read counts as having none. */
  async versions(namespaceIds: readonly NamespaceId[]): Promise<(bigint | null)[]> {
    const pipeline = this.redis.pipeline();
    for (const id of namespaceIds) pipeline.hget(keys.topology(id), 'version');
    return ((await pipeline.exec()) ?? []).map(([error, value]) => {
      if (error && error.name !== 'ReplyError') throw error;
      return error ? null : toVersion(value as string | null);
    });
  }

  /** `behind`: an earlier version has to be applied first. */
  async apply(namespaceId: NamespaceId, { version, steps }: VersionedChange): Promise<'applied' | 'already' | 'behind'> {
    const { sets, queues, deletes, dropped } = sortOut(steps);
    const ops = JSON.stringify(steps.filter(isDefinition));
    const kept = Math.min(changesKept, Math.max(1, Math.floor(changesBytes / ops.length)));
    const [outcome] = await applyScript.run(
      this.redis,
      [
        keys.topology(namespaceId), keys.topologyChanges(namespaceId), keys.due(namespaceId),
        ...queues.map(({ id }) => keys.queue(namespaceId, id)), ...dropped.flatMap((id) => queueKeys(namespaceId, id)),
      ],
      [String(version), ops, kept, sets.length / 2, deletes.length, queues.length, settingsLength(queues), ...sets, ...deletes, ...queues.flatMap(queueSettings), ...dropped],
    );
    return outcome as 'applied' | 'already' | 'behind';
  }

  /** Ids of the queues in the snapshot in force; needed only when it has to be rebuilt. */
  async queueIds(namespaceId: NamespaceId): Promise<string[]> {
    const ids: string[] = [];
    let cursor = '0';
    do {
      const [next, entries] = await this.redis.hscan(keys.topology(namespaceId), cursor, 'MATCH', 'q:*', 'COUNT', 1_000);
      for (let i = 1; i < entries.length; i += 2) ids.push((JSON.parse(entries[i]!) as QueueDefinition).id);
      cursor = next;
    } while (cursor !== '0');
    return ids;
  }

  async stage(namespaceId: NamespaceId, { staging, seen, steps, forgottenQueues }: Stage): Promise<'staged' | 'superseded'> {
    const { sets, queues } = sortOut(steps);
    const [outcome] = await stageScript.run(
      this.redis,
      [
        keys.topology(namespaceId), stagingKey(namespaceId, staging), keys.due(namespaceId),
        ...queues.map(({ id }) => keys.queue(namespaceId, id)), ...forgottenQueues.flatMap((id) => queueKeys(namespaceId, id)),
      ],
      [fromVersion(seen), abandonedAfterSeconds, sets.length / 2, queues.length, settingsLength(queues), ...sets, ...queues.flatMap(queueSettings), ...forgottenQueues],
    );
    return outcome as 'staged' | 'superseded';
  }

  async swap(namespaceId: NamespaceId, staging: string, seen: bigint | null, version: bigint): Promise<'swapped' | 'superseded'> {
    const touched = [keys.topology(namespaceId), stagingKey(namespaceId, staging), keys.topologyChanges(namespaceId)];
    const [outcome] = await swapScript.run(this.redis, touched, [fromVersion(seen), String(version)]);
    return outcome as 'swapped' | 'superseded';
  }
}

/** Of the snapshot hash: `off` when the namespace logs no messages, absent when it does. */
const messageLogField = 'log';
const stagingKey = (namespaceId: NamespaceId, staging: string) => `${keys.topology(namespaceId)}:staging:${staging}`;
const toVersion = (text: string | null) => (text === null ? null : BigInt(text));
const fromVersion = (version: bigint | null) => (version === null ? '' : String(version));
/** Fields and values per queue; the same for all of them. */
const settingsLength = ([queue]: readonly QueueDefinition[]): number => (queue === undefined ? 0 : queueSettings(queue).length);

function sortOut(steps: readonly SnapshotStep[]) {
  const sets: string[] = [];
  const queues: QueueDefinition[] = [];
  const deletes: string[] = [];
  const dropped: string[] = [];
  for (const step of steps) {
    if (!isDefinition(step)) {
      if (step.messageLog) deletes.push(messageLogField);
      else sets.push(messageLogField, 'off');
      continue;
    }
    const field = snapshotField(step);
    if ('drop' in step) {
      deletes.push(field);
      if (step.drop === 'queue') dropped.push(step.id);
    } else if (step.put === 'queue') {
      queues.push(step.queue);
      sets.push(field, JSON.stringify(step.queue));
    } else {
      sets.push(field, JSON.stringify(step.put === 'exchange' ? step.exchange : step.binding));
    }
  }
  return { sets, queues, deletes, dropped };
}
