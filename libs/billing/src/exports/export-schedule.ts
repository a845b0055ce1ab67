import type { Secret } from '@waybill/kernel';
import type { Period } from '../invoices/period.js';
import { nextPeriod, periodAt, previousPeriod } from '../invoices/period.js';
import { endings } from './export-kinds.js';
import type { ExportKind } from './export-kinds.js';
import type { Spooled } from './spool.js';

export const exportRhythms = ['daily', 'monthly'] as const;
export type ExportRhythm = (typeof exportRhythms)[number];

export interface BucketTarget {
  readonly kind: 'bucket';
  /** Origin, without a path: `https://s3.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Folders within the bucket, without a slash at either end; '' for none. */
  readonly prefix: string;
  readonly accessKeyId: string;
}

export interface FolderTarget {
  readonly kind: 'folder';
  /** Below the one of this installation, without a slash at either end; '' for that one itself. */
  readonly prefix: string;
}

export type ExportTarget = BucketTarget | FolderTarget;

/** Where exports go; apps wire it to stores and to the guard of outgoing calls. */
export interface ExportTargets {
  readonly folderAllowed: boolean;
  /** Calls nobody but name servers. Fails with `egress_refused`, `export_folder_refused`. */
  check(target: ExportTarget): Promise<void>;
  /** Writes the whole file or nothing; reads it once. Fails with `export_target_failed`, `egress_refused`, `export_folder_refused`. */
  put(target: ExportTarget, secret: Secret | null, key: string, file: Spooled): Promise<void>;
}

/** Of a secret in the database; opens nowhere else. */
export interface SecretBoxOfExports {
  seal(secret: Secret, place: ReturnType<typeof secretPlace>): string;
  open(sealed: string, place: ReturnType<typeof secretPlace>): Secret;
}

export const secretPlace = (scheduleId: string) => ({ tenantId: '', namespaceId: '', subject: scheduleId, name: 'secretAccessKey' });

export interface ExportSchedule {
  readonly id: string;
  readonly name: string;
  readonly export: ExportKind;
  readonly every: ExportRhythm;
  readonly target: ExportTarget;
  readonly paused: boolean;
}

export type ExportRunState = 'waiting' | 'running' | 'done' | 'failed';

export interface ExportRun {
  readonly due: string;
  readonly state: ExportRunState;
  readonly attempts: number;
  readonly nextAtMs: number | null;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly bytes: number | null;
  readonly sha256: string | null;
  readonly objectKey: string | null;
  readonly error: string | null;
}

/** After a longer pause or outage no more runs than these are made up for: the newest ones. */
const mostMissed: Readonly<Record<ExportRhythm, number>> = { daily: 31, monthly: 12 };
const dayMs = 86_400_000;
/** The close of a month begins when its last hours are sealed; a month is looked at from the second day of the next one on. */
const closeMs = dayMs;

/** The newest day or month that is over: `2026-11-29`, `2026-11`. */
export function newestDue(every: ExportRhythm, nowMs: number): string {
  return every === 'daily' ? new Date(nowMs - dayMs).toISOString().slice(0, 10) : previousPeriod(periodAt(nowMs - closeMs)).name;
}

/** What is due after `planned`, oldest first; before the first run only the newest. */
export function duesAfter(every: ExportRhythm, planned: string | null, nowMs: number): string[] {
  const newest = newestDue(every, nowMs);
  if (planned === null) return [newest];
  const dues: string[] = [];
  for (let due = newest; due > planned && dues.length < mostMissed[every]; due = before(due)) dues.unshift(due);
  return dues;
}

function before(due: string): string {
  return due.length === 7 ? previousPeriod(periodAt(Date.parse(`${due}-01`))).name : new Date(Date.parse(due) - dayMs).toISOString().slice(0, 10);
}

/** What a run is of: a month, or the part of it up to the end of a day. The same run reads the same days whenever it is made. */
export function periodOfDue(due: string): Period {
  const period = periodAt(Date.parse(due.length === 7 ? `${due}-01` : due));
  return due.length === 7 ? period : { ...period, endMs: Math.min(Date.parse(due) + dayMs, nextPeriod(period).startMs) };
}

/** `prefix/journal/2026-11/2026-11-29.csv`: the same run has the same key. */
export function objectKeyOf({ export: kind, target: { prefix } }: Pick<ExportSchedule, 'export' | 'target'>, due: string): string {
  return [...(prefix === '' ? [] : [prefix]), kind.replace('_', '-'), due.slice(0, 7), `${due}.${endings[kind]}`].join('/');
}

export const testKeyOf = ({ prefix }: ExportTarget): string => [...(prefix === '' ? [] : [prefix]), 'waybill-test.txt'].join('/');
