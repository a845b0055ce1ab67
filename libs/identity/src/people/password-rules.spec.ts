import { describe, expect, it } from '@jest/globals';
import { requireStrongPassword } from './password-rules.js';
import { wellKnownPasswords } from './well-known-passwords.js';

const check = (password: string) => () => requireStrongPassword(password, 'grace.hopper@navy.example');

describe('password rules', () => {
  it.each(['a long wonder of words', 'kxQ7#mpe2v', 'пароль не угадать', '🐙🦑🦐🦞🦀🐡🐠🐟🐬🐳', 'x1y2z3'.repeat(42)])('take %j', (password) => {
    expect(check(password)).not.toThrow();
  });

  it.each([
    ['too short', 'kxQ7#mpe2'],
    ['nine characters of two units each', '🐙🦑🦐🦞🦀🐡🐠🐟🐬'],
    ['over 256 characters', 'kxQ7#mpe2v'.repeat(26)],
    ['well known', 'qwertyuiop'],
    ['well known in capitals', 'PassWord123'],
    ['well known with a year and a sign', 'Sunshine2024!'],
    ['a walk on the keyboard', 'asdfghjklzxcvbnm'],
    ['a walk backwards', '0987654321'],
    ['three different characters', 'abcabcabcabc'],
    ['the e-mail address', 'grace.hopper@navy.example'],
    ['the mailbox with digits', 'grace.hopper2024'],
  ])('refuse what is %s', (_why, password) => {
    expect(check(password)).toThrow(expect.objectContaining({ code: 'password_too_weak' }));
  });

  it('know a decent number of passwords, in lower case', () => {
    expect(wellKnownPasswords.size).toBeGreaterThan(900);
    expect([...wellKnownPasswords].filter((each) => each !== each.toLowerCase())).toEqual([]);
  });
});
