import { describe, expect, it } from '@jest/globals';
import { figures, keeps } from './figures.js';

const named = (name: string) => figures.find((figure) => figure.name === name) ?? figures[0]!;

describe('the figures', () => {
  it('have names of their own', () => {
    expect(new Set(figures.map(({ name }) => name)).size).toBe(figures.length);
  });

  it('that must be reached are kept from the bound on', () => {
    expect([0.549, 0.55, 0.7].map((value) => keeps(named('publish_vs_echo'), value))).toEqual([false, true, true]);
  });

  it('that must not be passed are kept up to the bound', () => {
    expect([1299, 1300, 1301].map((value) => keeps(named('bytes_parked_1kib'), value))).toEqual([true, true, false]);
  });

  it('are not kept by something that is not a number', () => {
    expect(figures.filter((figure) => keeps(figure, Number.NaN))).toEqual([]);
  });
});
