import { Badge, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { AwaitQuery } from '../elements/await-query.js';
import { LinkBack } from '../elements/link-back.js';
import { TextLink } from '../elements/links.js';
import { PageTitle } from '../elements/page-title.js';
import { count } from '../words/figures.js';
import { utcDay } from '../words/time.js';
import { HourFacts } from './hour-facts.js';
import { invoiceQuery, type SharePlace } from './queries.js';
import { ShareLevel } from './share-level.js';
import { shareOf } from './share-search.js';

const route = '/namespaces/$namespace/billing/invoices/$invoice/lines/$line/share';

/** Below a line: the days of one queue or exchange, their hours, and what stands behind an hour. */
export function EvidencePage() {
  const { namespace, invoice: invoiceId, line: lineId } = useParams({ from: `/signed-in${route}` });
  const search = useSearch({ from: `/signed-in${route}` });
  const invoice = useQuery(invoiceQuery(invoiceId));
  const line = invoice.data?.lines.find(({ id }) => id === lineId);
  const { day, hour } = search;
  return (
    <>
      <PageTitle
        title={search.name ?? search.resource}
        mono
        above={<LinkBack to="/namespaces/$namespace/billing/invoices/$invoice/lines/$line" params={{ namespace, invoice: invoiceId, line: lineId }} label={line?.description ?? 'Invoice line'} />}
        description="Every level adds up to the one above it, to the unit. Days and hours are UTC."
      />
      <AwaitQuery query={invoice} rows={5}>
        {({ period }) => {
          const unit = line?.unit ?? 'unit';
          const place: SharePlace = { period, dimension: line?.dimension ?? '', namespace: search.of, resource: search.resource };
          return (
            <Stack gap="xl">
              <ShareLevel
                title="Days" place={place} moment={{}} unit={unit}
                columns={[{ header: 'Day', cell: ({ id }) => <TextLink to="." search={{ ...shareOf(search), day: id }} fw={id === day ? 650 : 500}>{utcDay(`${id}T00:00:00Z`)}</TextLink> }]}
              />
              {day === undefined ? null : (
                <ShareLevel
                  title={`Hours of ${utcDay(`${day}T00:00:00Z`)}`} place={place} moment={{ day }} unit={unit}
                  columns={[
                    { header: 'Hour', cell: ({ id }) => <TextLink to="." search={{ ...shareOf(search), day, hour: id }} fw={id === hour ? 650 : 500}>{id.slice(11, 16)}</TextLink> },
                    { header: 'Cause', wide: true, cell: ({ cause }) => cause },
                    { header: 'Batches', right: true, wide: true, cell: ({ revision }) => count(revision ?? 0) },
                    { header: 'State', wide: true, cell: ({ sealedBy }) => <Badge component="span" color={sealedBy ? 'gray' : 'yellow'}>{sealedBy ? 'sealed' : 'open'}</Badge> },
                  ]}
                />
              )}
              {hour === undefined ? null : <HourFacts place={place} hour={hour} unit={unit} />}
            </Stack>
          );
        }}
      </AwaitQuery>
    </>
  );
}
