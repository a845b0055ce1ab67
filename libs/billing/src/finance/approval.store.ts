import type { Database } from '@waybill/database';
import { newId, WaybillError } from '@waybill/kernel';

export type ApprovalState = 'open' | 'approved' | 'rejected';

export interface Approval {
  readonly id: string;
  readonly tenantId: string;
  readonly action: string;
  readonly subject: string;
  readonly payload: Readonly<Record<string, string | number | null>>;
  readonly amountCents: bigint;
  readonly requestedBy: string;
  readonly requestedAtMs: number;
  readonly state: ApprovalState;
  readonly decidedBy: string | null;
  readonly decidedAtMs: number | null;
}

/** What one person of finance asked for and another decides. */
export class ApprovalStore {
  constructor(private readonly database: Database) {}

  request(asked: Pick<Approval, 'tenantId' | 'action' | 'subject' | 'payload' | 'amountCents' | 'requestedBy'>, nowMs: number): Promise<Approval> {
    return this.database.asSystem(async (tx) =>
      approvalOf(await tx.financeApproval.create({ data: { ...asked, payload: { ...asked.payload }, id: newId('approval', nowMs), requestedAt: new Date(nowMs), state: 'open' } })),
    );
  }

  /** Fails with `approval_not_found`. */
  async open(id: string): Promise<Approval> {
    const row = await this.database.asSystem((tx) => tx.financeApproval.findUnique({ where: { id } }));
    if (row === null) throw new WaybillError('approval_not_found');
    return approvalOf(row);
  }

  /** Oldest first. */
  async list(state: ApprovalState): Promise<Approval[]> {
    const rows = await this.database.asSystem((tx) => tx.financeApproval.findMany({ where: { state }, orderBy: { requestedAt: 'asc' }, take: 500 }));
    return rows.map(approvalOf);
  }

  /** False when somebody else decided first. */
  async decide(id: string, state: 'approved' | 'rejected', decidedBy: string, nowMs: number): Promise<boolean> {
    const { count } = await this.database.asSystem((tx) => tx.financeApproval.updateMany({ where: { id, state: 'open' }, data: { state, decidedBy, decidedAt: new Date(nowMs) } }));
    return count === 1;
  }

  /** After what was approved could not be done: it waits again. */
  async reopen(id: string): Promise<void> {
    await this.database.asSystem((tx) => tx.financeApproval.updateMany({ where: { id, state: 'approved' }, data: { state: 'open', decidedBy: null, decidedAt: null } }));
  }
}

function approvalOf(row: {
  id: string; tenantId: string; action: string; subject: string; payload: unknown; amountCents: bigint; requestedBy: string; requestedAt: Date; state: string; decidedBy: string | null; decidedAt: Date | null;
}): Approval {
  const { requestedAt, decidedAt, state, payload, ...rest } = row;
  return { ...rest, payload: payload as Approval['payload'], state: state as ApprovalState, requestedAtMs: requestedAt.getTime(), decidedAtMs: decidedAt?.getTime() ?? null };
}
