import { Alert, Paper, Stack, Text, Timeline } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { getMessageTimeline } from '@waybill/contracts';
import { problemCode } from '../api/failure.js';
import { gatewayOf } from '../api/gateway.js';
import { AwaitQuery } from '../elements/await-query.js';
import { CopyAction } from '../elements/copy.js';
import { TextLink } from '../elements/links.js';
import { PageTitle } from '../elements/page-title.js';
import { exactTime, fullTime } from '../words/time.js';
import { eventFacts, eventTone } from './event-words.js';

/** What happened to one message, step by step. */
export function MessagePage() {
  const { namespace, message } = useParams({ from: '/signed-in/namespaces/$namespace/messages/$message' });
  const timeline = useQuery({
    queryKey: ['timeline', namespace, message],
    queryFn: ({ signal }) => gatewayOf(namespace).call(getMessageTimeline, { params: { id: message }, signal }),
    refetchInterval: ({ state }) => (state.error === null ? 3_000 : false),
  });
  const off = problemCode(timeline.error) === 'message_log_off';
  return (
    <>
      <PageTitle
        title={message} mono beside={<CopyAction value={message} label="Copy message id" />}
        description={<>What happened to this message. <TextLink inherit to="/namespaces/$namespace/attempts" params={{ namespace }} search={{ message }}>Its attempts</TextLink></>}
      />
      {off ? (
        <Alert color="gray" title="The message log is off">
          <Text size="sm">Nothing is written about messages of this namespace. <TextLink inherit to="/namespaces/$namespace/settings" params={{ namespace }}>Switch it on in the settings</TextLink></Text>
        </Alert>
      ) : (
        <AwaitQuery query={timeline} rows={5}>
          {({ events, completeUntil }) => (
            <Stack gap="sm">
              <Paper p={{ base: 'md', sm: 'lg' }}>
                <Timeline bulletSize={14} lineWidth={2} active={events.length}>
                  {events.map((event, index) => (
                    <Timeline.Item key={`${event.at} ${index}`} title={eventTone[event.event].label} color={eventTone[event.event].color}>
                      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>{eventFacts(event).join(', ')}</Text>
                      <Text size="xs" c="dimmed" className="figure" title={event.at}>{exactTime(event.at)}</Text>
                    </Timeline.Item>
                  ))}
                </Timeline>
              </Paper>
              {completeUntil === null ? null : <Text size="sm" c="dimmed">Everything up to {fullTime(completeUntil)} is here.</Text>}
            </Stack>
          )}
        </AwaitQuery>
      )}
    </>
  );
}
