import { describe, expect, it } from '@jest/globals';
import { benches, chosen } from './benches.js';
import { figures } from './figures.js';

describe('what is measured', () => {
  it('is everything when nothing is named', () => {
    expect(chosen([])).toEqual({ groups: Object.keys(benches), unknown: [] });
  });

  it('is found by the name of a figure', () => {
    expect(chosen(['latency_p99_vs_rabbitmq'])).toEqual({ groups: ['latency'], unknown: [] });
  });

  it('is measured once, in the order of a full run, however often it is named', () => {
    expect(chosen(['memory', 'bytes_parked_1kib', 'publish', 'bytes_overhead_256b']).groups).toEqual(['publish', 'memory']);
  });

  it('is nothing that nobody knows', () => {
    expect(chosen(['publish', 'speed', 'constructor'])).toEqual({ groups: ['publish'], unknown: ['speed', 'constructor'] });
  });

  it('yields every figure', () => {
    expect(figures.filter(({ group }) => !Object.hasOwn(benches, group))).toEqual([]);
  });
});
