import type { Policy } from './definitions.js';

/** Settings of the policy that holds for a thing: the one of highest priority whose pattern fits its name. RabbitMQ applies one only. */
export function policyFor(policies: readonly Policy[], kind: 'queues' | 'exchanges', name: string, note: (text: string) => void): Readonly<Record<string, unknown>> {
  const fitting = policies.filter((policy) => appliesTo(policy, kind) && fits(policy, name, note));
  const [first] = fitting.sort((a, b) => b.priority - a.priority);
  return first?.definition ?? {};
}

const appliesTo = (policy: Policy, kind: 'queues' | 'exchanges'): boolean => {
  const to = policy['apply-to'];
  return to === 'all' || to === kind || (kind === 'queues' && (to === 'classic_queues' || to === 'quorum_queues'));
};

function fits({ name: policy, pattern }: Policy, name: string, note: (text: string) => void): boolean {
  try {
    return new RegExp(pattern, 'u').test(name);
  } catch {
    note(`policy ${policy}: its pattern ${pattern} is not understood here, so the policy is left out`);
    return false;
  }
}
