import type { Body, putSchedule, Schedule, ScheduleWithRuns } from '@waybill/contracts';
import { inputOf } from './outgoing-message.js';
import type { OutgoingMessage } from './outgoing-message.js';
import { everyItem } from './pages.js';
import { segment } from './transport.js';
import type { Transport } from './transport.js';

export type ScheduleInput = Omit<Body<typeof putSchedule>, 'message'> & { readonly message: OutgoingMessage };

/** Messages that are published again and again, by cron and time zone. */
export class Schedules {
  constructor(private readonly transport: Transport) {}

  list(): AsyncGenerator<Schedule, void, undefined> {
    return everyItem((after) => this.transport.get('/v1/schedules', { after }));
  }

  /** With its next runs. */
  get(name: string): Promise<ScheduleWithRuns> {
    return this.transport.get(`/v1/schedules/${segment(name)}`);
  }

  /** Creates it or gives it these settings; `paused: true` pauses. */
  put(name: string, { message, ...settings }: ScheduleInput): Promise<Schedule> {
    return this.transport.send('PUT', `/v1/schedules/${segment(name)}`, { ...settings, message: inputOf(message) }, { repeat: 'always' });
  }

  delete(name: string): Promise<void> {
    return this.transport.json({ method: 'DELETE', path: `/v1/schedules/${segment(name)}`, repeat: 'if-not-done' });
  }
}
