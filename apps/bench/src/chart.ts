/** One bar of a chart. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Ours stand out. */
  readonly ours: boolean;
}

export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

const width = 760;
const labelWidth = 290;
const valueWidth = 90;
const barHeight = 20;
const gap = 8;
const head = 40;
/** Readable on a white page and on a dark one. */
const style = `
    text { font: 13px system-ui, sans-serif; fill: #1f2328; }
    .title { font-weight: 600; font-size: 15px; }
    .ours { fill: #1f6feb; }
    .other { fill: #8b949e; }
    @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .ours { fill: #58a6ff; } .other { fill: #6e7681; } }
  `;

const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

export function shownNumber(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A bar chart as SVG: bars from zero, in the order given, each with its value. */
export function barChart({ title, unit, bars }: Chart): string {
  const height = head + bars.length * (barHeight + gap) + gap;
  const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const lines = bars.map(({ label, value, ours }, i) => {
    const y = head + i * (barHeight + gap);
    const length = Math.max(1, (Math.max(0, value) / most) * (width - labelWidth - valueWidth));
    const text = y + barHeight * 0.72;
    return [
      `  <text x="${labelWidth - 10}" y="${text}" text-anchor="end">${escaped(label)}</text>`,
      `  <rect class="${ours ? 'ours' : 'other'}" x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="3"/>`,
      `  <text x="${(labelWidth + length + 8).toFixed(1)}" y="${text}">${shownNumber(value)}</text>`,
    ].join('\n');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `  <style>${style}</style>`,
    `  <text class="title" x="10" y="22">${escaped(title)} (${escaped(unit)})</text>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}
