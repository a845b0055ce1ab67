import { describe, expect, it } from '@jest/globals';
import { linkBody, linkRules, newLinkDraft } from './link-draft.js';

describe('the form of a portal link', () => {
  it('keeps a customer under its own name', () => {
    expect(newLinkDraft('acme.eu', 'shop')).toMatchObject({ customer: 'acme.eu', keyPrefix: 'acme.eu', kinds: ['webhook'] });
    expect(newLinkDraft('acme.', 'shop').keyPrefix).toBe('');
  });

  it('sends of the look what was chosen', () => {
    const draft = newLinkDraft('acme', 'shop');
    expect(linkBody(draft)).toEqual({ customer: 'acme', exchange: 'shop', keyPrefix: 'acme', kinds: ['webhook'], minutes: 60, theme: { scheme: 'auto' } });
    expect(linkBody({ ...draft, minutes: '1440', name: ' Shop ', accentColor: '#0b7285', scheme: 'dark' })).toMatchObject({ minutes: 1440, theme: { name: 'Shop', accentColor: '#0b7285', scheme: 'dark' } });
  });

  it('refuses what the API would refuse', () => {
    expect([linkRules.customer(''), linkRules.customer('-a'), linkRules.exchange(''), linkRules.keyPrefix('a..b'), linkRules.keyPrefix('a.*'), linkRules.kinds([]), linkRules.accentColor('red')]).not.toContain(null);
    expect([linkRules.customer('acme'), linkRules.exchange('shop'), linkRules.keyPrefix(''), linkRules.keyPrefix('a.b-c'), linkRules.kinds(['mail']), linkRules.accentColor('#0b7285')]).toEqual([null, null, null, null, null, null]);
  });
});
