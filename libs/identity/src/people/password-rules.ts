import { WaybillError } from '@waybill/kernel';
import { wellKnownPasswords } from './well-known-passwords.js';

/** ASVS 6.2: length and a list of well-known passwords, no rules of composition. */
export const passwordLength = { min: 10, max: 256 } as const;

/** Fails with `password_too_weak`. Lengths are in characters, not UTF-16 units. */
export function requireStrongPassword(password: string, email: string): void {
  const characters = [...password].length;
  const folded = password.toLowerCase();
  const mailbox = email.toLowerCase().split('@')[0] ?? '';
  const weak =
    characters < passwordLength.min ||
    characters > passwordLength.max ||
    new Set(folded).size < 4 ||
    wellKnownPasswords.has(folded) ||
    wellKnownPasswords.has(withoutTail(folded)) ||
    folded === email.toLowerCase() ||
    withoutTail(folded) === mailbox ||
    isRun(folded);
  if (weak) throw new WaybillError('password_too_weak');
}

/** `password2024!` is `password` to a guessing program. */
function withoutTail(folded: string): string {
  return folded.replace(/[^a-z]{1,8}$/, '');
}

const rows = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiopasdfghjklzxcvbnm', 'qwertzuiopasdfghjklyxcvbnm', 'azertyuiopqsdfghjklmwxcvbn', '1q2w3e4r5t6y7u8i9o0p', 'qazwsxedcrfvtgbyhnujmikolp'];

/** Whether the whole is one walk along the alphabet, the digits or the keyboard, once or repeated, forth or back. */
function isRun(folded: string): boolean {
  return rows.some((row) => [row, [...row].reverse().join('')].some((way) => way.repeat(3).includes(folded)));
}
