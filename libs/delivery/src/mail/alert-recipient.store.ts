import type { Database } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';

/** Who looks after a tenant's subscriptions. */
const caretakers = ['owner', 'admin'];

/** Who hears of a destination that fails. */
export class AlertRecipientStore {
  constructor(private readonly database: Database) {}

  /** Addresses of the tenant's owners and admins. */
  async recipients(tenantId: TenantId): Promise<string[]> {
    const members = await this.database.asSystem((tx) => tx.membership.findMany({ where: { tenantId, role: { in: caretakers } }, orderBy: { userId: 'asc' }, select: { user: { select: { email: true } } } }));
    return members.map(({ user }) => user.email);
  }
}
