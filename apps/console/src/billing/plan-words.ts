import type { PlanView } from '@waybill/contracts';
import { count } from '../words/figures.js';
import { money } from '../words/money.js';

const models: Readonly<Record<PlanView['model'], string>> = {
  simple: 'One price per message of up to 64 KiB',
  metered: 'By messages, KiB and queues',
  routed: 'By KiB, routing and deliveries',
  flat: 'One fee, with fixed quotas',
  committed: 'By contract, with a minimum',
};

/** Plans by which invoices, which keep the plan's name, were made; one that this console does not know by its name. */
const titles: Readonly<Record<string, string>> = {
  free: 'Free', payg: 'Pay-as-you-go', team: 'Team', business: 'Business', simple: 'Simple', metered: 'Metered', routed: 'Routed', flat: 'Flat', committed: 'Committed', enterprise: 'Enterprise',
};

export const planTitle = (name: string): string => titles[name] ?? name;

export const modelWords = (plan: Pick<PlanView, 'model'>): string => models[plan.model];

const features: Readonly<Record<string, string>> = {
  sso: 'single sign-on', scim: 'SCIM', audit_export: 'audit export', sla_99_95: '99.95 % availability', purchase_order: 'purchase orders',
};

/** What a plan has beside its prices, in a few words. */
export function planExtras(plan: PlanView): string {
  const words = [
    ...(plan.includedCreditCents === '0' ? [] : [`${money(plan.includedCreditCents, plan.currency)} of usage included`]),
    ...(plan.minimumCents === '0' ? [] : [`at least ${money(plan.minimumCents, plan.currency)} a month`]),
    ...(plan.quotas === null ? [] : [quotaWords(plan.quotas)]),
    ...(plan.namespaces === null ? [] : [plan.namespaces === 1 ? '1 namespace' : `${plan.namespaces} namespaces`]),
    ...plan.features.map((feature) => features[feature] ?? feature),
  ];
  return words.join(', ');
}

function quotaWords(quotas: Readonly<Record<string, string>>): string {
  const messages = quotas['mq_messages'];
  return messages === undefined ? 'publishing stops at fixed quotas' : `publishing stops after ${count(messages)} messages a month`;
}
