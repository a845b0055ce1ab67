import { z } from 'zod';
import { authErrors, publishErrors, storeErrors } from './data-errors.js';
import { page, pageQuery, resourceName, timestamp } from './fields.js';
import { operation } from './operation.js';
import { messageInput, publishTarget } from './publishing.js';

const tag = 'Schedules';
const errors = [...authErrors, ...storeErrors, 'name_invalid', 'request_invalid'] as const;
const schedulePath = z.object({ schedule: resourceName });
const settings = {
  cron: z.string().max(120).meta({ description: 'minute hour day month weekday', example: '0 6 * * mon-fri' }),
  timeZone: z.string().max(64).meta({ description: 'IANA name; what clocks show there, daylight saving included', example: 'Europe/Vienna' }),
  to: publishTarget,
  paused: z.boolean(),
};

export const schedule = z
  .object({
    name: z.string(), ...settings, message: messageInput,
    nextAt: timestamp.nullable().meta({ description: 'null while paused' }), lastAt: timestamp.nullable(), lastMessageId: z.string().nullable(),
    lastProblem: z.string().nullable().meta({ description: 'Why the last run stored nothing' }),
    lateByMs: z.int().nullable().meta({ description: 'How late the last run was' }), createdAt: timestamp,
  })
  .meta({ id: 'Schedule' });
export type Schedule = z.output<typeof schedule>;
export const scheduleWithRuns = schedule
  .extend({ nextRuns: z.array(timestamp).meta({ description: 'The next five runs; none while paused' }) })
  .meta({ id: 'ScheduleWithRuns' });
export type ScheduleWithRuns = z.output<typeof scheduleWithRuns>;

export const listSchedules = operation({
  id: 'listSchedules', tag, method: 'GET', path: '/v1/schedules', permission: 'schedules:read', status: 200,
  summary: 'Schedules by name', query: pageQuery, reply: page(schedule), errors,
});
export const getSchedule = operation({
  id: 'getSchedule', tag, method: 'GET', path: '/v1/schedules/{schedule}', permission: 'schedules:read', status: 200,
  summary: 'One schedule and its next runs', params: schedulePath, reply: scheduleWithRuns, errors: [...errors, 'schedule_not_found'],
});
export const putSchedule = operation({
  id: 'putSchedule', tag, method: 'PUT', path: '/v1/schedules/{schedule}', permission: 'schedules:write', status: 201, statusUnchanged: 200,
  summary: 'Publish a message again and again; pause by sending paused: true',
  description: 'A run that was missed while nothing ran is made up once. Each run publishes exactly one message.',
  params: schedulePath,
  body: z.object({ ...settings, timeZone: settings.timeZone.default('UTC'), paused: settings.paused.default(false), message: messageInput }).strict(),
  reply: schedule, errors: [...errors, ...publishErrors, 'cron_invalid', 'exchange_not_found', 'queue_not_found', 'limit_reached'],
});
export const deleteSchedule = operation({
  id: 'deleteSchedule', tag, method: 'DELETE', path: '/v1/schedules/{schedule}', permission: 'schedules:write', status: 204,
  summary: 'Cancel a schedule', params: schedulePath, errors: [...errors, 'schedule_not_found'],
});
