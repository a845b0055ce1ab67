import { namePattern } from '@waybill/contracts';

/** The contract's rule for names, said beside the field before the server has to say it. */
export function nameFault(name: string): string | null {
  if (name === '') return 'Enter a name.';
  return namePattern.test(name) ? null : 'Use 1 to 127 letters, digits, ".", "_" or "-", starting with a letter or digit.';
}

export const nameRule = 'Letters, digits, ".", "_" and "-", starting with a letter or digit.';
