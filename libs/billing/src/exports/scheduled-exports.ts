import type { Clock, Secret } from '@waybill/kernel';
import { newId, WaybillError } from '@waybill/kernel';
import type { Alerts } from '../alerts/alerts.js';
import type { ExportRun, ExportSchedule, ExportTarget, ExportTargets, SecretBoxOfExports } from './export-schedule.js';
import { newestDue, secretPlace, testKeyOf } from './export-schedule.js';
import type { ExportRunStore } from './export-run.store.js';
import type { ExportScheduleStore, SealedSchedule } from './export-schedule.store.js';
import type { Spools } from './spool.js';

export interface ScheduleInput extends Omit<ExportSchedule, 'id'> {
  /** Null keeps the one there is. */
  readonly secret: Secret | null;
}

export interface ExportStores {
  readonly schedules: ExportScheduleStore;
  readonly runs: ExportRunStore;
  readonly targets: ExportTargets;
  readonly box: SecretBoxOfExports;
  readonly spools: Spools;
  readonly alerts: Alerts;
}

const runsShown = 5;

/** What finance sets and sees of scheduled exports. */
export class ScheduledExports {
  constructor(
    private readonly stores: ExportStores,
    private readonly clock: Clock,
  ) {}

  get folderAllowed(): boolean {
    return this.stores.targets.folderAllowed;
  }

  /** By name, each with its last runs, newest first. */
  async list(): Promise<(ExportSchedule & { readonly runs: readonly ExportRun[] })[]> {
    const runs = await this.stores.runs.latest(runsShown);
    return (await this.stores.schedules.list()).map((schedule) => ({ ...schedule, runs: runs.get(schedule.id) ?? [] }));
  }

  /** Fails with `egress_refused`, `export_folder_refused`, `export_secret_missing`, `export_schedule_name_taken`. */
  async create(input: ScheduleInput, by: string): Promise<string> {
    const id = newId('exportSchedule', this.clock.nowMs());
    await this.stores.schedules.create(await this.#sealed(id, input, null), by, this.clock.nowMs());
    return id;
  }

  /** Fails like `create`, and with `export_schedule_not_found`. */
  async replace(id: string, input: ScheduleInput, by: string): Promise<void> {
    const before = await this.stores.schedules.one(id);
    await this.stores.schedules.replace(before, await this.#sealed(id, input, before), by, this.clock.nowMs());
  }

  /** Fails with `export_schedule_not_found`. */
  async remove(id: string, by: string): Promise<void> {
    await this.stores.schedules.remove(await this.stores.schedules.one(id), by, this.clock.nowMs());
    await this.stores.alerts.clear('export_failed', id);
  }

  /** The newest day or month that is over, again or for the first time. Fails with `export_schedule_not_found`. */
  async runNow(id: string, by: string): Promise<string> {
    const due = newestDue((await this.stores.schedules.one(id)).every, this.clock.nowMs());
    await this.stores.runs.ask(id, due, by, this.clock.nowMs());
    return due;
  }

  /** Writes a file of one sentence and answers its key. Fails with `export_schedule_not_found`, `export_target_failed`, `egress_refused`, `export_folder_refused`. */
  async test(id: string, by: string): Promise<string> {
    const schedule = await this.stores.schedules.one(id);
    const key = testKeyOf(schedule.target);
    const secret = secretOf(schedule, this.stores.box);
    await this.stores.targets.put(schedule.target, secret, key, await this.stores.spools.make((write) => write('Waybill can write here. This file may be deleted.\r\n')));
    await this.stores.schedules.tell(id, by, 'export_schedule.tested', { objectKey: key }, this.clock.nowMs());
    return key;
  }

  async #sealed(id: string, { secret, ...input }: ScheduleInput, before: SealedSchedule | null): Promise<SealedSchedule> {
    await this.stores.targets.check(input.target);
    if (input.target.kind === 'folder') return { ...input, id, sealedSecret: null };
    if (secret !== null) return { ...input, id, sealedSecret: this.stores.box.seal(secret, secretPlace(id)) };
    // A secret that was given for one place is not sent to another that somebody else chose.
    if (before === null || before.sealedSecret === null || !isSamePlace(before.target, input.target)) throw new WaybillError('export_secret_missing');
    return { ...input, id, sealedSecret: before.sealedSecret };
  }
}

function isSamePlace(one: ExportTarget, other: ExportTarget): boolean {
  return one.kind === 'bucket' && other.kind === 'bucket' && (['endpoint', 'bucket', 'accessKeyId'] as const).every((name) => one[name] === other[name]);
}

/** Fails with `export_target_failed` when the secret was sealed with a key that is gone. */
export function secretOf({ id, sealedSecret }: SealedSchedule, box: SecretBoxOfExports): Secret | null {
  if (sealedSecret === null) return null;
  try {
    return box.open(sealedSecret, secretPlace(id));
  } catch (cause) {
    throw new WaybillError('export_target_failed', { reason: 'the secret cannot be opened with the keys of this installation; enter it again' }, { cause });
  }
}
