import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { count, shortCount } from '../words/figures.js';
import type { Bar } from './usage-rows.js';

interface UsageChartProps {
  readonly name: string;
  readonly bars: readonly Pick<Bar, 'label' | 'quantity'>[];
  /** How a bar and the axis are written; counts by default. */
  readonly words?: (quantity: number) => string;
  readonly axisWords?: (quantity: number) => string;
}

/** In a chunk of its own: the chart library is larger than the rest of the console. The tables below say the same in text. */
export function UsageChart({ name, bars, words = count, axisWords = shortCount }: UsageChartProps) {
  return (
    <BarChart
      h={220}
      aria-hidden="true"
      data={bars.map(({ label, quantity }) => ({ label, [name]: quantity }))}
      dataKey="label"
      series={[{ name, color: 'var(--waybill-in)' }]}
      valueFormatter={words}
      withLegend={false}
      gridAxis="x"
      strokeDasharray="0"
      gridColor="var(--waybill-line)"
      textColor="var(--mantine-color-dimmed)"
      maxBarWidth={26}
      yAxisProps={{ width: 48, allowDecimals: axisWords !== shortCount, tickFormatter: axisWords }}
      xAxisProps={{ minTickGap: 28 }}
      barChartProps={{ accessibilityLayer: false }}
      barProps={{ isAnimationActive: false, radius: [2, 2, 0, 0] }}
    />
  );
}
