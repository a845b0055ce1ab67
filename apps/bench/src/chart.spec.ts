import { describe, expect, it } from '@jest/globals';
import { barChart, shownNumber } from './chart.js';

const widths = (svg: string) => [...svg.matchAll(/<rect[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));

describe('a bar chart', () => {
  it('has bars as long as their values', () => {
    const svg = barChart({ title: 'Publish', unit: 'messages/s', bars: [{ label: 'a', value: 200, ours: true }, { label: 'b', value: 100, ours: false }] });
    const [a = 0, b = 0] = widths(svg);
    expect(a).toBeCloseTo(2 * b, 0);
    expect(svg).toContain('class="ours"');
    expect(svg).toContain('class="other"');
  });

  it('shows a bar for zero, and for a value below it', () => {
    const svg = barChart({ title: 'x', unit: 'B', bars: [{ label: 'none', value: 0, ours: true }, { label: 'less', value: -5, ours: true }] });
    expect(widths(svg)).toEqual([1, 1]);
  });

  it('cannot be broken by what a label says', () => {
    const svg = barChart({ title: 'a & b', unit: '<b>', bars: [{ label: '"<script>"', value: 1, ours: true }] });
    expect(svg).not.toMatch(/<script|<b>|a & b/);
  });

  it('is readable on a dark page', () => {
    expect(barChart({ title: 'x', unit: 'B', bars: [] })).toContain('prefers-color-scheme: dark');
  });
});

describe('a number', () => {
  it('is shown with the digits that matter', () => {
    expect([0.123, 4.56, 12345.6].map(shownNumber)).toEqual(['0.12', '4.6', '12,346']);
  });
});
