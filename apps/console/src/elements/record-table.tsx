import { Box, Group, Paper, Stack, Table, Text, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';

export interface Column<T> {
  readonly header: string;
  readonly cell: (row: T) => ReactNode;
  readonly right?: boolean;
  /** Needs half the width of a card on a phone: dates, keys, patterns. */
  readonly wide?: boolean;
  /** Needs a line of a card for itself: ids. */
  readonly line?: boolean;
}

interface RecordTableProps<T> {
  readonly label: string;
  /** The first one names the row. */
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  /** Buttons of a row; the last column. */
  readonly actions?: (row: T) => ReactNode;
}

/** A table where there is room for one, a list of cards on a phone: never a page that scrolls sideways. */
export function RecordTable<T>(props: RecordTableProps<T>) {
  const narrow = useMediaQuery('(max-width: 48em)', undefined, { getInitialValueInEffect: false });
  return narrow ? <Cards {...props} /> : <Rows {...props} />;
}

function Rows<T>({ label, columns, rows, rowKey, actions }: RecordTableProps<T>) {
  const [first, ...others] = columns;
  const [box, overflows] = useOverflow();
  return (
    <Paper style={{ overflow: 'hidden' }}>
      <Box ref={box} style={{ overflowX: 'auto', position: 'relative' }} {...(overflows ? { tabIndex: 0, role: 'group', 'aria-label': `${label}, scrolls sideways` } : {})}>
        <Table className="record-table" verticalSpacing={9} aria-label={label}>
          <Table.Thead>
            <Table.Tr>
              {columns.map((column) => (
                <Table.Th key={column.header} scope="col" data-right={column.right || undefined}>
                  {column.header}
                </Table.Th>
              ))}
              {actions === undefined ? null : <Table.Th scope="col"><VisuallyHidden>Actions</VisuallyHidden></Table.Th>}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={rowKey(row)}>
                <Table.Th scope="row" fw={400} fz="sm" style={{ fontSize: 'inherit', color: 'inherit', verticalAlign: 'middle' }}>
                  {first?.cell(row)}
                </Table.Th>
                {others.map((column) => (
                  <Table.Td key={column.header} data-right={column.right || undefined} className={column.right ? 'figure' : ''}>
                    {column.cell(row)}
                  </Table.Td>
                ))}
                {actions === undefined ? null : <Table.Td data-right>{actions(row)}</Table.Td>}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Box>
    </Paper>
  );
}

/** A box that scrolls must be reachable by keyboard; one that does not should not be a stop on the way. */
function useOverflow(): [RefObject<HTMLDivElement | null>, boolean] {
  const box = useRef<HTMLDivElement>(null);
  const [overflows, setOverflows] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setOverflows(element.scrollWidth > element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, overflows];
}

function Cards<T>({ label, columns, rows, rowKey, actions }: RecordTableProps<T>) {
  const [first, ...others] = columns;
  return (
    <Stack component="ul" gap="xs" aria-label={label} p={0} m={0} style={{ listStyle: 'none' }}>
      {rows.map((row) => (
        <Paper component="li" className="record-card" key={rowKey(row)} p="sm">
          <Group justify="space-between" wrap="nowrap" mb={8} align="flex-start">
            <Box fw={600} miw={0}>{first?.cell(row)}</Box>
            {actions === undefined ? null : <Box style={{ flexShrink: 0 }}>{actions(row)}</Box>}
          </Group>
          <Box component="dl" m={0} style={{ display: 'grid', gridTemplateColumns: 'repeat(10, minmax(0, 1fr))', gap: '8px 6px' }}>
            {others.map((column) => (
              <Box key={column.header} miw={0} style={{ gridColumn: column.line ? 'span 10' : column.wide ? 'span 5' : 'span 2' }}>
                <Text component="dt" size="xs" c="dimmed">{column.header}</Text>
                <Text component="dd" size="sm" m={0} className="figure" style={{ overflowWrap: 'anywhere' }}>{column.cell(row)}</Text>
              </Box>
            ))}
          </Box>
        </Paper>
      ))}
    </Stack>
  );
}
