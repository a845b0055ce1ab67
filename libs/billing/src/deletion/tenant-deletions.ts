import type { Caller, Clock, Logger, NamespaceId, TenantId } from '@waybill/kernel';
import type { Alerts } from '../alerts/alerts.js';
import type { ProfileStore } from '../caps/profile.store.js';
import type { Overdue } from '../finance/dunning.store.js';
import { periodAt } from '../invoices/period.js';
import { eachTenant } from '../tenants/each-tenant.js';
import { systemCaller } from '../tenants/system-caller.js';
import { deletionDays, deletionSteps, planDeletion } from './deletion-plan.js';
import type { DeletionPlan, DeletionStep } from './deletion-plan.js';
import { noticeScope } from './tenant-deletion.store.js';
import type { TenantDeletion, TenantDeletionStore } from './tenant-deletion.store.js';

/** Takes away what a tenant has; made of the rooms that own it. */
export interface TenantEraser {
  /** Some of it, in bounded time; `more` while anything may be left. Repeating it is harmless, by two at once too. */
  erase(caller: Caller, namespaceId: NamespaceId, step: DeletionStep): Promise<'more' | 'done'>;
}

export interface DeletionRun {
  readonly deleted: number;
  readonly stopped: number;
  readonly failed: number;
}

const perPage = 200;
/** Rounds over all namespaces in a turn, where things were made while they were deleted. */
const rounds = 3;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/**
 * Deletes what a tenant has when an invoice is not paid for 90 days: keys, links, subscriptions, sources, schedules, queues
 * with their messages, exchanges. Usage, invoices, evidence and history stay, and so do the accounts. Only after both
 * notices were really sent, and never while finance holds it (billing.md §6).
 */
export class TenantDeletions {
  constructor(
    private readonly store: TenantDeletionStore,
    private readonly profiles: Pick<ProfileStore, 'noteOnce'>,
    private readonly alerts: Pick<Alerts, 'raise' | 'clear'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /**
   * From day 60 on, again and again: notices when they are due, the day, and what finance is told. Whether a notice was written now.
   * One deletion of a tenant is planned at a time, for what it owes longest: the day it was told last is the day that holds.
   */
  async plan({ tenantId, invoiceId, number, dueAtMs }: Overdue, nowMs: number): Promise<boolean> {
    await this.store.cancel(tenantId, nowMs, invoiceId);
    const deletion = await this.store.plan({ tenantId, invoiceId }, { number, overdueSinceMs: dueAtMs }, nowMs);
    if (deletion.state !== 'planned') return false;
    const plan = planOf(deletion, nowMs);
    await this.store.setPlannedAt(deletion, plan.plannedAtMs);
    await this.#alert(deletion, plan, nowMs);
    if (deletion.hold !== null) return false;
    const day = dayOf(plan.plannedAtMs);
    const first = await this.#note(deletion, deletionDays.notice, `Everything of this tenant is to be deleted on ${day}. Fetch what you need, or pay.`, nowMs);
    if (plan.lastNoticeAtMs === null || nowMs < plan.lastNoticeAtMs) return first;
    return this.#note(deletion, deletionDays.lastNotice, `This is the last notice: on ${day} the keys, subscriptions, queues, messages and exchanges of this tenant are deleted. Invoices and usage are kept. Paying before stops it at once.`, nowMs);
  }

  /** Nothing is overdue any more: what is planned is cancelled, what is under way stops before its next step. */
  async cancel(tenantId: TenantId): Promise<void> {
    await this.store.cancel(tenantId, this.clock.nowMs());
    await this.#clearAlerts(tenantId);
  }

  /** The same for what is settled, held or disputed, while others are overdue; it is told of once more should it be owed again. Of one tenant, or of all. */
  async cancelSettled(tenantId: TenantId | null = null): Promise<void> {
    for (const ended of await this.store.cancelSettled(tenantId, this.clock.nowMs())) await this.#clearAlerts(ended);
  }

  /** Carries out what is due, and goes on with what was begun. One that fails is an alert, is tried again, and holds up no other. */
  async run(eraser: TenantEraser): Promise<DeletionRun> {
    const report = { deleted: 0, stopped: 0 };
    await this.cancelSettled();
    const { failed } = await eachTenant(
      {
        perPage,
        read: (after, limit) => this.store.due(this.clock.nowMs(), after, limit),
        failed: async (tenantId, error) => {
          this.logger.error('tenant_deletion.failed', { tenantId, error });
          await this.alerts.raise({ code: 'tenant_deletion_failed', subject: tenantId, tenantId, detail: `${error.message.slice(0, 500)}; it is tried again every minute` });
        },
      },
      async (deletion) => {
        const outcome = await this.#carryOut(deletion, eraser);
        if (outcome !== 'waits') report[outcome] += 1;
      },
    );
    return { ...report, failed };
  }

  /** Holds every deletion of the tenant, one under way too, or lets go of it with null. */
  async hold(caller: Caller, tenantId: TenantId, reason: string | null): Promise<void> {
    const nowMs = this.clock.nowMs();
    await this.store.hold(tenantId, reason, caller.actor.id, nowMs);
    const deletion = await this.store.newest(tenantId);
    if (deletion?.state !== 'planned') return;
    const plan = planOf(deletion, nowMs);
    await this.store.setPlannedAt(deletion, plan.plannedAtMs);
    await this.#alert(deletion, plan, nowMs);
  }

  async #carryOut(deletion: TenantDeletion, eraser: TenantEraser): Promise<'deleted' | 'stopped' | 'waits'> {
    const { tenantId, invoiceId } = deletion;
    const nowMs = this.clock.nowMs();
    if (deletion.state === 'done') {
      await this.#tell(deletion);
      return 'waits';
    }
    if (deletion.state === 'planned') {
      const { plannedAtMs, waitsFor } = planOf(deletion, nowMs);
      if (waitsFor !== null || plannedAtMs > nowMs) return 'waits';
    }
    if (deletion.hold !== null || !(await this.store.begin(deletion, nowMs))) return 'waits';
    this.logger.warn('tenant_deletion.began', { tenantId, invoiceId, again: deletion.state === 'running' });
    for (let round = 0; round < rounds; round += 1) {
      if (!(await this.#eraseAll(deletion, eraser))) return (await this.store.find(deletion))?.state === 'done' ? 'waits' : 'stopped';
      if (!(await this.store.finish(deletion, this.clock.nowMs()))) continue;
      await this.#tell(deletion);
      return 'deleted';
    }
    return 'waits';
  }

  /** The notice comes last: while it is missing, a worker was killed before it and all of this is done again. */
  async #tell(deletion: TenantDeletion): Promise<void> {
    const { tenantId, invoiceId } = deletion;
    await this.#clearAlerts(tenantId);
    await this.#note(deletion, deletionDays.day, 'The keys, subscriptions, queues, messages and exchanges of this tenant were deleted. Sign in to see, fetch and pay your invoices; usage and its evidence are kept.', this.clock.nowMs());
    this.logger.warn('tenant_deletion.done', { tenantId, invoiceId });
  }

  /** False: it may not go on. Asked before every step. */
  async #eraseAll(deletion: TenantDeletion, eraser: TenantEraser): Promise<boolean> {
    const caller = systemCaller(deletion.tenantId, 'dunning');
    try {
      for (const namespaceId of await this.store.namespaces(deletion.tenantId)) {
        for (const step of deletionSteps) {
          do {
            if (!(await this.store.goOn(deletion, { namespaceId, step }))) return false;
          } while ((await eraser.erase(caller, namespaceId, step)) === 'more');
        }
      }
      return true;
    } catch (error) {
      await this.store.failed(deletion, error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  async #clearAlerts(tenantId: TenantId): Promise<void> {
    for (const code of ['tenant_deletion_announced', 'tenant_deletion_due', 'tenant_deletion_failed'] as const) await this.alerts.clear(code, tenantId);
  }

  #note({ tenantId, invoiceId, invoiceNumber, overdueSinceMs, renewedAtMs }: TenantDeletion, step: number, text: string, nowMs: number): Promise<boolean> {
    const mail = { subject: `Waybill: invoice ${invoiceNumber} is open`, text: `Invoice ${invoiceNumber} is open. ${text}`, about: 'dunning' } as const;
    const scope = noticeScope(invoiceId, step === deletionDays.lastNotice ? renewedAtMs : null);
    return this.profiles.noteOnce(systemCaller(tenantId, 'dunning'), periodAt(overdueSinceMs), { scope, step, mail }, nowMs);
  }

  /** `tenant_deletion_due` asks a person for something: its day has come and it cannot be done. */
  async #alert({ tenantId, invoiceNumber, overdueSinceMs, hold }: TenantDeletion, { plannedAtMs, waitsFor }: DeletionPlan, nowMs: number): Promise<void> {
    const since = `invoice ${invoiceNumber} has been overdue since ${dayOf(overdueSinceMs)}`;
    await this.alerts.raise({ code: 'tenant_deletion_announced', subject: tenantId, tenantId, detail: `${since}; everything of this tenant is deleted on ${dayOf(plannedAtMs)} unless it is paid or held` });
    const late = nowMs >= overdueSinceMs + deletionDays.day * 86_400_000;
    if (!late || waitsFor === null) return this.alerts.clear('tenant_deletion_due', tenantId);
    const why = waitsFor === 'hold' ? `${hold?.by ?? 'finance'} holds it: ${hold?.reason ?? ''}` : `the ${waitsFor === 'notice' ? 'notice of day 60' : 'last notice'} could not be sent yet: see to the mail server or the billing address`;
    await this.alerts.raise({ code: 'tenant_deletion_due', subject: tenantId, tenantId, detail: `${since}; its deletion waits, because ${why}` });
  }
}

function planOf({ overdueSinceMs, noticeToldAtMs, lastNoticeToldAtMs, renewedAtMs, hold }: TenantDeletion, nowMs: number): DeletionPlan {
  return planDeletion({ overdueSinceMs, noticeToldAtMs, lastNoticeToldAtMs, renewedAtMs, held: hold !== null }, nowMs);
}
