import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { billableDimensions, diagnosticDimensions } from './dimensions.js';
import { formatUsageField, parseUsageField } from './usage-field.js';

const field = fc.record({
  hour: fc.integer({ min: 1, max: 9_999_999 }),
  dimension: fc.constantFrom(...billableDimensions, ...diagnosticDimensions),
  cause: fc.constantFrom('publish', 'dead-letter', 'replay', 'schedule'),
  resourceId: fc.stringMatching(/^[A-Za-z0-9_]{1,64}$/),
});

describe('a usage field', () => {
  it('reads back as it was written', () => {
    fc.assert(fc.property(field, (value) => expect(parseUsageField(formatUsageField(value))).toEqual(value)));
  });

  it('is not understood unless it is whole', () => {
    const good = '496032|mq_messages|publish|x_06f1v3';
    expect(parseUsageField(good)).not.toBeNull();
    for (const text of [
      '', '|||', `${good}|more`, `0${good}`, `-${good}`, '496032.5|mq_messages|publish|x_1', '1e5|mq_messages|publish|x_1', '99999999|mq_messages|publish|x_1',
      '496032|mq_unknown|publish|x_1', '496032|__proto__|publish|x_1', '496032|mq_messages||x_1', '496032|mq_messages|Publish|x_1',
      '496032|mq_messages|publish|', '496032|mq_messages|publish|x 1', `496032|mq_messages|publish|${'x'.repeat(65)}`, '496032|mq_messages|publish|x_1\n',
    ]) {
      expect(parseUsageField(text)).toBeNull();
    }
  });
});
