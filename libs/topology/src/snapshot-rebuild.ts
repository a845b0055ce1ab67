import { randomBytes } from 'node:crypto';
import type { NamespaceId } from '@waybill/kernel';
import type { SnapshotStore } from './snapshot.store.js';
import type { WholeTopologyStore } from './whole-topology.store.js';

const stepsPerStage = 500;
const queuesForgottenPerStage = 100;

/**
 * Writes a namespace's snapshot anew from PostgreSQL, beside the one in force, and swaps them. Another version
 * coming into force meanwhile makes this one give way (`superseded`). Queue hashes keep what the broker wrote in them.
 */
export async function rebuildSnapshot(
  definitions: WholeTopologyStore,
  snapshots: SnapshotStore,
  namespaceId: NamespaceId,
  seen: bigint | null,
): Promise<'swapped' | 'superseded' | 'no_namespace'> {
  const whole = await definitions.read(namespaceId, seen);
  if (!whole) return 'no_namespace';
  const staging = randomBytes(8).toString('hex');
  const defined = new Set(whole.steps.map((step) => ('put' in step && step.put === 'queue' ? step.queue.id : '')));
  const gone = seen === null ? [] : (await snapshots.queueIds(namespaceId)).filter((id) => !defined.has(id));
  for (const forgottenQueues of inParts(gone, queuesForgottenPerStage)) {
    if ((await snapshots.stage(namespaceId, { staging, seen, steps: [], forgottenQueues })) === 'superseded') return 'superseded';
  }
  for (const steps of inParts(whole.steps, stepsPerStage)) {
    if ((await snapshots.stage(namespaceId, { staging, seen, steps, forgottenQueues: [] })) === 'superseded') return 'superseded';
  }
  return snapshots.swap(namespaceId, staging, seen, whole.version);
}

function* inParts<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}
