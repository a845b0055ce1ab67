import type { Body, putSchedule, Schedule } from '@waybill/contracts';
import { choiceOf, targetOf } from '../targets/target.js';
import { nameFault } from '../words/names.js';

type Message = Schedule['message'];

export interface ScheduleDraft {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  /** A choice of `choiceOf`; '' for none. */
  readonly to: string;
  readonly key: string;
  readonly contentType: string;
  readonly body: string;
  /** Seconds a message of it lives; '' for ever. */
  readonly ttlSeconds: number | string;
  readonly paused: boolean;
  /** What the form does not show and a change keeps. */
  readonly rest: Partial<Message>;
}

export function newScheduleDraft(timeZone: string): ScheduleDraft {
  return { name: '', cron: '0 6 * * *', timeZone, to: '', key: '', contentType: 'application/json', body: '{}', ttlSeconds: '', paused: false, rest: {} };
}

export function draftOfSchedule({ name, cron, timeZone, to, paused, message }: Schedule): ScheduleDraft {
  const { key = '', contentType = '', body, ttlSeconds = '', ...rest } = message;
  return { name, cron, timeZone, to: choiceOf(to), key, contentType, body, ttlSeconds, paused, rest };
}

export const scheduleFields = ['name', 'cron', 'timeZone', 'to', 'key', 'contentType', 'body', 'ttlSeconds'] as const;

export const scheduleRules = {
  name: nameFault,
  cron: (cron: string) => (cron.trim().split(/\s+/).length === 5 ? null : 'Give five fields: minute, hour, day, month, weekday.'),
  timeZone: (zone: string) => (zone.trim() === '' ? 'Choose a time zone, like Europe/Vienna.' : null),
  to: (to: string) => (targetOf(to) === null ? 'Choose where its messages go.' : null),
  contentType: (type: string) => (type.trim() === '' ? 'Enter a content type, like application/json.' : null),
};

export function scheduleBody({ cron, timeZone, to, key, contentType, body, ttlSeconds, paused, rest }: ScheduleDraft): Body<typeof putSchedule> {
  const target = targetOf(to);
  if (target === null) throw new Error('a schedule needs a target');
  const message = { ...rest, body, contentType: contentType.trim(), ...(key === '' ? {} : { key }), ...(ttlSeconds === '' ? {} : { ttlSeconds: Number(ttlSeconds) }) };
  return { cron: cron.trim(), timeZone: timeZone.trim(), to: target, paused, message };
}
