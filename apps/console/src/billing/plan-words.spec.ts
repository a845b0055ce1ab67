import { describe, expect, it } from '@jest/globals';
import type { PlanView } from '@waybill/contracts';
import { planExtras, planTitle } from './plan-words.js';

const plan: PlanView = {
  name: 'team', title: 'Team', model: 'metered', priceBookId: 'pb_1', currency: 'USD', baseFeeCents: '4900', minimumCents: '0', includedCreditCents: '4900', selfService: true, needsPaymentMethod: true,
  namespaces: 5, features: ['sso', 'something_new'], quotas: null,
};

describe('a plan in words', () => {
  it('says what is included, and a feature it does not know by its id', () => {
    expect(planExtras(plan)).toBe('$49.00 of usage included, 5 namespaces, single sign-on, something_new');
  });

  it('is called by its title, and by its name where that is not known', () => expect(['payg', 'team', 'later_plan'].map(planTitle)).toEqual(['Pay-as-you-go', 'Team', 'later_plan']));

  it('says where publishing stops and what is paid at least', () => {
    expect(planExtras({ ...plan, includedCreditCents: '0', minimumCents: '100000', namespaces: 1, features: [], quotas: { mq_messages: '1000000' } })).toBe(
      'at least $1,000.00 a month, publishing stops after 1,000,000 messages a month, 1 namespace',
    );
  });
});
