import { addressKey } from './recipient.js';

/** Who is mailed without being asked, and who never is: each an address, a domain, or `*.<domain>`. What is denied is denied. */
export interface MailRules {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

export function ruleFor(address: string, { allow, deny }: MailRules): 'ask' | 'trusted' | 'denied' {
  const key = addressKey(address);
  if (deny.some((pattern) => matches(key, pattern))) return 'denied';
  return allow.some((pattern) => matches(key, pattern)) ? 'trusted' : 'ask';
}

function matches(key: string, pattern: string): boolean {
  if (pattern.includes('@')) return key === pattern;
  const domain = key.slice(key.lastIndexOf('@') + 1);
  return pattern.startsWith('*.') ? domain.endsWith(pattern.slice(1)) : domain === pattern;
}
