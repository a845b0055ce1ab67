import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newId } from '@waybill/kernel';
import { freshDatabase, newHome } from '@waybill/testing';
import type { FreshDatabase } from '@waybill/testing';
import { AlertRecipientStore } from './alert-recipient.store.js';

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh?.drop());

it('alerts go to the owners and admins of the tenant, and to nobody else', async () => {
  const [mine, other] = [await newHome(fresh.database), await newHome(fresh.database)];
  for (const [tenantId, role] of [[mine.caller.tenantId, 'owner'], [mine.caller.tenantId, 'admin'], [mine.caller.tenantId, 'developer'], [other.caller.tenantId, 'owner']] as const) {
    await fresh.database.asSystem(async (tx) => {
      const { id: userId } = await tx.user.create({ data: { id: newId('user'), email: `${role}@${tenantId}.example`, passwordHash: '' } });
      await tx.membership.create({ data: { tenantId, userId, role } });
    });
  }
  const found = await new AlertRecipientStore(fresh.database).recipients(mine.caller.tenantId);
  expect([...found].sort()).toEqual([`admin@${mine.caller.tenantId}.example`, `owner@${mine.caller.tenantId}.example`]);
});
