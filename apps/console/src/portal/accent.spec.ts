import { describe, expect, it } from '@jest/globals';
import { accentShades, contrast, faded } from './accent.js';

const accents = ['#0b7285', '#7c3aed', '#ffd400', '#ffffff', '#000000', '#ff0000', '#00ff00', '#1a1a2e', '#f5a3c7'];

describe('the accent of a portal', () => {
  it.each(accents)('%s can be read wherever it is used', (accent) => {
    const shades = accentShades(accent);
    expect(shades).toHaveLength(10);
    for (const shade of shades) expect(shade).toMatch(/^#[0-9a-f]{6}$/);
    for (const filled of [shades[6], shades[7]]) expect(contrast(filled!, '#ffffff')).toBeGreaterThanOrEqual(4.5);
    expect(contrast(shades[7]!, '#f6f8f8')).toBeGreaterThanOrEqual(4.5);
    for (const ground of ['#20282a', '#181e20', '#111617']) expect(contrast(shades[4]!, ground)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(shades[9]!, shades[1]!)).toBeGreaterThanOrEqual(4.5);
  });

  it('stays as it is where it can be read as it is', () => expect(accentShades('#0b5960')[7]).toBe('#0b5960'));

  it('knows the contrast of black and white', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
    expect(faded('#0b7285', 0.5)).toBe('rgba(11, 114, 133, 0.5)');
  });
});
