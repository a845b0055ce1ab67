import { Box, Center, Group, Paper, Text } from '@mantine/core';
import { perSecond } from '../words/figures.js';
import { windowMs, type Rate, type RatePoint } from './readings.js';

const width = 600;
const height = 96;

/** A round number above the highest point, so that the scale does not twitch with every poll. */
export function scaleTop(points: readonly RatePoint[]): number {
  const highest = Math.max(1, ...points.map((point) => Math.max(point.in, point.out)));
  const power = 10 ** Math.floor(Math.log10(highest));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= highest) ?? 10 * power;
}

function path(points: readonly RatePoint[], of: (point: RatePoint) => number, top: number, endMs: number): string {
  return points
    .map((point, index) => {
      const x = width - ((endMs - point.atMs) / windowMs) * width;
      const y = height - (of(point) / top) * height;
      return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}

interface RateChartProps {
  readonly points: readonly RatePoint[];
  /** Null while two readings are not there yet. */
  readonly now: Rate | null;
  readonly title: string;
}

/** Messages per second of the last minutes. Drawn by hand: it repaints every two seconds and needs no chart library. */
export function RateChart({ points, now, title }: RateChartProps) {
  const top = scaleTop(points);
  const endMs = points.at(-1)?.atMs ?? 0;
  return (
    <Paper p="md" component="figure" m={0} h="100%" aria-label={title} style={{ display: 'flex', flexDirection: 'column' }}>
      <Group justify="space-between" mb="sm" gap="xs">
        <Text component="figcaption" fw={600} size="sm">{title}</Text>
        <Group gap="md">
          <Legend colour="var(--waybill-in)" label="In" value={now?.in} />
          <Legend colour="var(--waybill-out)" label="Out" value={now?.out} dashed />
        </Group>
      </Group>
      <Box pos="relative" pl={36} flex={1} mih={height}>
        <Text size="xs" c="dimmed" className="figure" pos="absolute" left={0} top={-7}>{perSecond(top)}</Text>
        <Text size="xs" c="dimmed" className="figure" pos="absolute" left={0} bottom={-7}>0</Text>
        <svg
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          width="100%"
          height="100%"
          role="img"
          aria-label={now === null ? 'No readings yet' : `Now ${perSecond(now.in)} messages in and ${perSecond(now.out)} out per second; all of the last five minutes at or below ${perSecond(top)}`}
          style={{ display: 'block', position: 'absolute', inset: '0 0 0 36px', width: 'calc(100% - 36px)', overflow: 'visible' }}
        >
          {[0, 0.5, 1].map((part) => (
            <line key={part} x1={0} x2={width} y1={height * part} y2={height * part} stroke="var(--waybill-line)" vectorEffect="non-scaling-stroke" />
          ))}
          <path className="chart-line" d={path(points, (point) => point.out, top, endMs)} stroke="var(--waybill-out)" strokeDasharray="5 3" />
          <path className="chart-line" d={path(points, (point) => point.in, top, endMs)} stroke="var(--waybill-in)" />
        </svg>
        {points.length > 0 ? null : (
          <Center pos="absolute" inset="0 0 0 36px">
            <Text size="sm" c="dimmed" bg="var(--mantine-color-body)" px="xs">The lines begin with the second reading.</Text>
          </Center>
        )}
      </Box>
      <Group justify="space-between" pl={36} mt={8}>
        <Text size="xs" c="dimmed">5 min ago</Text>
        <Text size="xs" c="dimmed">now</Text>
      </Group>
    </Paper>
  );
}

function Legend({ colour, label, value, dashed = false }: { colour: string; label: string; value: number | undefined; dashed?: boolean }) {
  return (
    <Group gap={6} wrap="nowrap">
      <svg width="18" height="3" aria-hidden="true"><line x1="0" x2="18" y1="1.5" y2="1.5" stroke={colour} strokeWidth="2.5" strokeDasharray={dashed ? '5 3' : 'none'} /></svg>
      <Text size="xs" c="dimmed">
        {label} <Text span inherit className="figure" fw={600} c="var(--mantine-color-text)">{value === undefined ? '–' : perSecond(value)}</Text>/s
      </Text>
    </Group>
  );
}
