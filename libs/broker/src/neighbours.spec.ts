import { describe, expect, it } from '@jest/globals';
import { Neighbours } from './neighbours.js';

const stored = (first: number, before: number | undefined) => ({ first, before, exceptions: [] });

describe('neighbours of a publish lane', () => {
  it('are absent while each call finds the position the last one left', () => {
    const neighbours = new Neighbours();
    neighbours.note(stored(4096, 7), 10);
    expect(neighbours.present).toBe(false);
    neighbours.note(stored(8192, 4105), 1);
    neighbours.note(stored(8193, 8192), 1);
    expect(neighbours.present).toBe(false);
  });

  it('are there for fifty calls after one that found a later position', () => {
    const neighbours = new Neighbours();
    neighbours.note(stored(100, 7), 10);
    neighbours.note(stored(200, 110), 1);
    for (let call = 0; call < 50; call += 1) {
      expect(neighbours.present).toBe(true);
      neighbours.note(stored(201 + call, 200 + call), 1);
    }
    expect(neighbours.present).toBe(false);
  });

  it('are not guessed from calls that do not tell', () => {
    const neighbours = new Neighbours();
    neighbours.note(stored(100, undefined), 1);
    neighbours.note(stored(500, undefined), 1);
    expect(neighbours.present).toBe(false);
    neighbours.note(stored(501, 500), 1);
    expect(neighbours.present).toBe(false);
  });
});
