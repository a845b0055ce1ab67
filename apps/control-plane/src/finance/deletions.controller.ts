import { Controller } from '@nestjs/common';
import { actorOf } from '@waybill/billing';
import type { Emails, TenantDeletion } from '@waybill/billing';
import { holdDeletion, listDeletions } from '@waybill/contracts';
import type { Parsed, Reply } from '@waybill/contracts';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';
import { BillingRoom } from '../billing/billing-room.js';
import { iso, isoOrNull } from '../billing/invoice-reply.js';

type Item = Reply<typeof listDeletions>['items'][number];
const shown = 500;

/** What is deleted because it is not paid, and who holds it. */
@Controller()
export class DeletionsController {
  constructor(private readonly room: BillingRoom) {}

  @Endpoint(listDeletions)
  async list(): Promise<Reply<typeof listDeletions>> {
    const { deletionStore, people, tenants } = this.room.billing;
    const found = await deletionStore.list(shown);
    const names = await tenants.names([...new Set(found.map(({ tenantId }) => tenantId))]);
    const emails = await people.emails(found.flatMap(({ hold }) => hold?.by ?? []));
    return { items: found.map((deletion) => deletionView(deletion, names.get(deletion.tenantId) ?? deletion.tenantId, emails)) };
  }

  @Endpoint(holdDeletion)
  async hold(@From() caller: Caller, @Input() { params, body }: Parsed<typeof holdDeletion>): Promise<void> {
    const { deletions, tenants } = this.room.billing;
    await deletions.hold(caller, await tenants.open(params.tenant), body.reason);
  }
}

function deletionView(deletion: TenantDeletion, tenant: string, emails: Emails): Item {
  const { tenantId, invoiceId, invoiceNumber, overdueSinceMs, state, plannedAtMs, noticeToldAtMs, lastNoticeToldAtMs, hold, startedAtMs, endedAtMs, step, failure, inventory } = deletion;
  return {
    tenantId, tenant, invoiceId, number: invoiceNumber, overdueSince: iso(overdueSinceMs), state: state === 'cancelled' ? 'stopped' : state, plannedAt: iso(plannedAtMs), noticeSentAt: isoOrNull(noticeToldAtMs),
    lastNoticeSentAt: isoOrNull(lastNoticeToldAtMs), hold: hold === null ? null : { reason: hold.reason, by: actorOf(hold.by, emails), at: iso(hold.atMs) }, startedAt: isoOrNull(startedAtMs), endedAt: isoOrNull(endedAtMs), step, failure, inventory,
  };
}
