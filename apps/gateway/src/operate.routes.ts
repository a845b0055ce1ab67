import type { GroupState, QueueControl } from '@waybill/broker';
import { listGroups, parkGroup, pauseQueue, resubmitMessage, resumeQueue, unparkGroup } from '@waybill/contracts';
import type { PublishReceipt, Reply } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { FastifyInstance } from 'fastify';
import type { DataDoor } from './data-route.js';
import { queueRoute } from './data-route.js';
import { receiptJson } from './publish-reply.js';
import { resubmit } from './resubmit.js';
import type { ResubmitKit } from './resubmit.js';

export interface OperateDoor extends DataDoor, ResubmitKit {
  readonly broker: DataDoor['broker'] & ResubmitKit['broker'];
  readonly control: QueueControl;
}

/** What people do to a queue as a whole, to one group of it, and to one dead letter. */
export function operateRoutes(door: OperateDoor) {
  const { control } = door;
  return async (scope: FastifyInstance): Promise<void> => {
    queueRoute(door, scope, resubmitMessage, async (queue, { params, body }, caller) => {
      const published = await resubmit(door, caller, queue, params.id, body);
      return JSON.parse(receiptJson(published, door.broker.prices.of(caller.namespaceId))) as PublishReceipt;
    });

    queueRoute(door, scope, pauseQueue, async (queue, { body: { seconds } }) => {
      const untilMs = await control.pause(queue, seconds === undefined ? null : seconds * 1_000);
      return { paused: true as const, until: isoOrNull(untilMs) };
    });
    queueRoute(door, scope, resumeQueue, async (queue) => {
      await control.resume(queue);
      return { paused: false as const };
    });

    queueRoute(door, scope, listGroups, async (queue, { query: { after, limit } }) => {
      const groups = await control.groups(queue, after, limit + 1);
      const items = groups.slice(0, limit);
      return { items: items.map(groupView), next: groups.length > limit ? (items.at(-1)?.group ?? null) : null };
    });
    queueRoute(door, scope, parkGroup, async (queue, { body: { group, reason } }) => {
      await control.park(queue, group, reason);
      const parked = await control.group(queue, group);
      if (!parked) throw new WaybillError('group_not_found');
      return groupView(parked);
    });
    queueRoute(door, scope, unparkGroup, async (queue, { body: { group } }) => {
      await control.unpark(queue, group);
      return groupView((await control.group(queue, group)) ?? { group, waiting: 0, state: 'ready', blockedBy: null, parkedReason: null });
    });
  };
}

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function groupView({ group, waiting, state, blockedBy, parkedReason }: GroupState): Reply<typeof parkGroup> {
  return { group, messages: waiting, state, parkedReason, blockedBy: blockedBy && { id: blockedBy.id, holder: blockedBy.holder, until: isoOrNull(blockedBy.untilMs) } };
}
