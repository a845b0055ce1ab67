import { CronTimes } from '@waybill/broker';
import type { MarkedNamespaces, PublishTarget, ScheduledMessage, ScheduleState, ScheduleStore } from '@waybill/broker';
import { deleteSchedule, getSchedule, listSchedules, putSchedule } from '@waybill/contracts';
import type { Schedule, ScheduleWithRuns } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { Issue } from '@waybill/kernel';
import { Unchanged } from '@waybill/platform';
import type { FastifyInstance } from 'fastify';
import type { BrokerWiring } from './broker-wiring.js';
import type { DataDoor } from './data-route.js';
import { dataRoute } from './data-route.js';
import { outgoingMessageOf } from './message-input.js';
import type { ParsedMessage } from './message-input.js';
import { requireTarget } from './tasks.routes.js';

export interface ScheduleDoor extends DataDoor {
  readonly broker: DataDoor['broker'] & Pick<BrokerWiring, 'topologies'>;
  readonly schedules: ScheduleStore;
  readonly marks: MarkedNamespaces;
  readonly inlineLimitBytes: number;
}

/** Messages that are published again and again; a worker runs them. */
export function scheduleRoutes(door: ScheduleDoor) {
  const { schedules, marks } = door;
  return async (scope: FastifyInstance): Promise<void> => {
    dataRoute(door, scope, listSchedules, async ({ query: { after, limit } }, { namespaceId }) => {
      const { items, next } = await schedules.list(namespaceId, after, limit);
      return { items: items.map(scheduleReply), next };
    });
    dataRoute(door, scope, getSchedule, async ({ params }, { namespaceId }) => withRuns(found(await schedules.get(namespaceId, params.schedule))));

    dataRoute(door, scope, putSchedule, async ({ params: { schedule: name }, body: { cron, timeZone, to, paused, message } }, { namespaceId }) => {
      const nowMs = await schedules.nowMs();
      const times = new CronTimes(cron, timeZone, nowMs);
      const scheduled = scheduledMessage(message, to, nowMs, door.inlineLimitBytes);
      await requireTarget(door, namespaceId, to);
      const before = await schedules.get(namespaceId, name);
      const definition = { cron, timeZone, to, paused, message: scheduled, createdMs: before?.definition.createdMs ?? nowMs };
      const put = await schedules.put(namespaceId, name, definition, paused ? null : times.after(nowMs));
      await marks.mark(namespaceId);
      const reply = scheduleReply(found(await schedules.get(namespaceId, name)));
      return put === 'created' ? reply : new Unchanged(reply);
    });

    dataRoute(door, scope, deleteSchedule, async ({ params }, { namespaceId }) => schedules.delete(namespaceId, params.schedule));
  };
}

function found(state: ScheduleState | undefined): ScheduleState {
  if (!state) throw new WaybillError('schedule_not_found');
  return state;
}

/** Checked as a publish would check it, so that no run fails for what could be known now. */
function scheduledMessage(message: ParsedMessage, to: PublishTarget, nowMs: number, bodyLimitBytes: number): ScheduledMessage {
  const { notBefore, expiresAt, headers, ...rest } = message;
  const issues: Issue[] = [];
  if (notBefore !== undefined) issues.push({ path: 'message.notBefore', message: 'use delaySeconds: a schedule runs again and again' });
  if (expiresAt !== undefined) issues.push({ path: 'message.expiresAt', message: 'use ttlSeconds: a schedule runs again and again' });
  if (issues.length > 0) throw new WaybillError('request_invalid', {}, { issues });
  const { properties } = outgoingMessageOf(message, { exchange: 'exchange' in to ? to.exchange : undefined, bodyLimitBytes, nowMs });
  return { ...rest, ...(headers === undefined ? {} : { headers: properties.headers }) };
}

const isoOrNull = (ms: number | null | undefined): string | null => (ms === null || ms === undefined ? null : new Date(ms).toISOString());

function scheduleReply({ name, definition: { cron, timeZone, to, paused, message, createdMs }, nextMs, lastRun }: ScheduleState): Schedule {
  const { headers, ...shown } = message;
  return {
    name, cron, timeZone, to, paused,
    message: { ...shown, ...(headers === undefined ? {} : { headers: { ...headers } }) },
    nextAt: isoOrNull(nextMs), lastAt: isoOrNull(lastRun?.lastAtMs), lastMessageId: lastRun?.lastMessageId ?? null, lastProblem: lastRun?.lastProblem ?? null,
    lateByMs: lastRun?.lateByMs ?? null, createdAt: new Date(createdMs).toISOString(),
  };
}

const runsShown = 5;

function withRuns(state: ScheduleState): ScheduleWithRuns {
  const { nextMs, definition: { cron, timeZone } } = state;
  const runs: string[] = [];
  if (nextMs !== null) {
    const times = new CronTimes(cron, timeZone, nextMs - 1);
    for (let atMs = nextMs; runs.length < runsShown && atMs !== Infinity; atMs = times.after(atMs)) runs.push(new Date(atMs).toISOString());
  }
  return { ...scheduleReply(state), nextRuns: runs };
}
