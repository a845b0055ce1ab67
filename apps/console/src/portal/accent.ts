import type { MantineColorsTuple } from '@mantine/core';

type Rgb = readonly [number, number, number];

const white: Rgb = [255, 255, 255];
const black: Rgb = [0, 0, 0];
/** The lightest and darkest grounds that stand behind text (theme/theme.ts). */
const lightGround: Rgb = [238, 241, 241];
const darkGround: Rgb = [32, 40, 42];
/** WCAG 2.2 §1.4.3, with a hair to spare for rounding. */
const enough = 4.55;

const rgbOf = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
const hexOf = (rgb: Rgb): string => `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
const mixed = (color: Rgb, other: Rgb, share: number): Rgb => color.map((part, at) => part + (other[at]! - part) * share) as unknown as Rgb;

/** Relative luminance of sRGB (WCAG 2.2). */
function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(a: Rgb, b: Rgb): number {
  const [lighter, darker] = [luminance(a), luminance(b)].sort((one, other) => other - one) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/** Contrast of two colours `#rrggbb`, 1 to 21. */
export const contrast = (a: string, b: string): number => ratio(rgbOf(a), rgbOf(b));

/** The colour nearest to this one that can be read on `ground`, moved towards `pole`. */
function readable(color: Rgb, ground: Rgb, pole: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.02) {
    const candidate = mixed(color, pole, share);
    if (ratio(candidate, ground) >= enough) return candidate;
  }
  return pole;
}

/**
 * Ten shades of a customer's accent colour for the places the theme uses them in: 7 and 6 are filled with white text upon,
 * and are text on a light ground; 4 is text on a dark one. An accent too light or dark to be read is moved as far as it must.
 * @param accent `#rrggbb`
 */
export function accentShades(accent: string): MantineColorsTuple {
  const base = rgbOf(accent);
  const onLight = readable(base, lightGround, black);
  const onDark = readable(base, darkGround, white);
  const tint = (share: number) => hexOf(mixed(onLight, white, share));
  // A filled button must also stand out from the dark page.
  const filledInDark = ratio(onLight, darkGround) >= 1.6 ? onLight : readable(mixed(onLight, white, 0.35), white, black);
  return [tint(0.94), tint(0.86), tint(0.7), tint(0.52), hexOf(onDark), hexOf(mixed(onDark, onLight, 0.5)), hexOf(filledInDark), hexOf(onLight), hexOf(mixed(onLight, black, 0.2)), hexOf(mixed(onLight, black, 0.4))];
}

/** A colour as `rgba()` with this opacity. */
export const faded = (hex: string, opacity: number): string => `rgba(${rgbOf(hex).join(', ')}, ${opacity})`;
