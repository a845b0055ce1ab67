/** In this order, namespace by namespace: first what lets anybody in, then what works by itself, messages and definitions last. */
export const deletionSteps = ['keys', 'portal_links', 'subscriptions', 'sources', 'schedules', 'queues', 'exchanges'] as const;
export type DeletionStep = (typeof deletionSteps)[number];

/** planned: its day has not come, or something holds it. cancelled: paid before. stopped: paid half-way; what was left stays. */
export const deletionStates = ['planned', 'cancelled', 'running', 'stopped', 'done'] as const;
export type DeletionState = (typeof deletionStates)[number];

/** Days after the due day on which deletion is announced, told of once more, and carried out (billing.md §6). */
export const deletionDays = { notice: 60, lastNotice: 83, day: 90 } as const;

const dayMs = 86_400_000;
/** Least time between a notice that was really sent and the deletion, ms. */
const afterNoticeMs = (deletionDays.day - deletionDays.notice) * dayMs;
const afterLastNoticeMs = (deletionDays.day - deletionDays.lastNotice) * dayMs;

/** When everything of a tenant is due for deletion whose invoice was due then, if nothing holds it up, ms. */
export const deletionAtMs = (overdueSinceMs: number): number => overdueSinceMs + deletionDays.day * dayMs;

export interface DeletionFacts {
  readonly overdueSinceMs: number;
  /** When the mail server took the notice of day 60; null: it did not yet. */
  readonly noticeToldAtMs: number | null;
  /** The same of the last notice, since the deletion was planned anew if it was. */
  readonly lastNoticeToldAtMs: number | null;
  /** It was planned anew then: a hold ended, or the invoice was owed again. */
  readonly renewedAtMs: number | null;
  readonly held: boolean;
}

export interface DeletionPlan {
  /** Never before: a notice that is late moves it. */
  readonly plannedAtMs: number;
  /** The last notice is to be sent from here on; null until the first one was. */
  readonly lastNoticeAtMs: number | null;
  /** What keeps it from being carried out on its day. */
  readonly waitsFor: 'hold' | 'notice' | 'last_notice' | null;
}

/** The day of deletion. The promise of each notice is kept: 30 days after the first, seven after the last, both really sent. */
export function planDeletion({ overdueSinceMs, noticeToldAtMs, lastNoticeToldAtMs, renewedAtMs, held }: DeletionFacts, nowMs: number): DeletionPlan {
  const base = Math.max(deletionAtMs(overdueSinceMs), (noticeToldAtMs ?? nowMs) + afterNoticeMs, renewedAtMs === null ? 0 : renewedAtMs + afterLastNoticeMs);
  const lastNoticeAtMs = noticeToldAtMs === null ? null : base - afterLastNoticeMs;
  const lastMs = lastNoticeToldAtMs ?? (lastNoticeAtMs === null ? nowMs : Math.max(nowMs, lastNoticeAtMs));
  return {
    plannedAtMs: Math.max(base, lastMs + afterLastNoticeMs), lastNoticeAtMs,
    waitsFor: held ? 'hold' : noticeToldAtMs === null ? 'notice' : lastNoticeToldAtMs === null ? 'last_notice' : null,
  };
}
