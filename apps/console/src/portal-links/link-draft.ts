import type { Body, createPortalLink } from '@waybill/contracts';

export interface LinkDraft {
  readonly customer: string;
  readonly exchange: string;
  readonly keyPrefix: string;
  readonly kinds: readonly string[];
  /** Minutes, as text of a choice. */
  readonly minutes: string;
  readonly name: string;
  readonly accentColor: string;
  readonly scheme: 'light' | 'dark' | 'auto';
}

export const lives = [
  { value: '15', label: '15 minutes' },
  { value: '60', label: 'An hour' },
  { value: '480', label: '8 hours' },
  { value: '1440', label: 'A day' },
];

/** The prefix is the customer's name unless somebody says otherwise: the usual way to keep customers apart. */
export function newLinkDraft(customer: string, exchange: string): LinkDraft {
  return { customer, exchange, keyPrefix: prefixOf(customer), kinds: ['webhook'], minutes: '60', name: '', accentColor: '', scheme: 'auto' };
}

/** A name may begin or end with what a word of a key cannot. */
function prefixOf(customer: string): string {
  return prefix.test(customer) ? customer : '';
}

const prefix = /^([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)?$/;

export const linkFields = ['customer', 'exchange', 'keyPrefix', 'kinds', 'accentColor'] as const;

export const linkRules = {
  customer: (customer: string) => (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(customer) ? null : 'Use 1 to 64 letters, digits, ".", "_" or "-", starting with a letter or digit.'),
  exchange: (exchange: string) => (exchange === '' ? 'Choose an exchange.' : null),
  keyPrefix: (value: string) => (value.length <= 128 && prefix.test(value) ? null : 'Use words of letters, digits, "_" and "-", with "." between them.'),
  kinds: (kinds: readonly string[]) => (kinds.length === 0 ? 'Offer at least one kind.' : null),
  accentColor: (color: string) => (color === '' || /^#[0-9a-fA-F]{6}$/.test(color) ? null : 'Use a colour like #0b7285.'),
};

export function linkBody({ customer, exchange, keyPrefix, kinds, minutes, name, accentColor, scheme }: LinkDraft): Body<typeof createPortalLink> {
  const title = name.trim();
  return {
    customer, exchange, keyPrefix, kinds: [...kinds], minutes: Number(minutes),
    theme: { scheme, ...(title === '' ? {} : { name: title }), ...(accentColor === '' ? {} : { accentColor }) },
  };
}
