import { List, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { AwaitQuery } from '../elements/await-query.js';
import { CodeBlock } from '../elements/code-block.js';
import { MessageLink } from '../attempts/message-link.js';
import { callTime, dateTime, fullTime } from '../words/time.js';
import { scheduleQuery } from './queries.js';

/** Next runs, the last one and the message of a schedule. */
export function ScheduleDetails({ namespace, schedule: name }: { namespace: string; schedule: string }) {
  const schedule = useQuery(scheduleQuery(namespace, name));
  return (
    <AwaitQuery query={schedule}>
      {({ nextRuns, timeZone, lastAt, lastMessageId, lastProblem, lateByMs, message, createdAt }) => {
        const clock = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZone });
        return (
          <Stack gap="md">
            <Stack gap={4} component="section" aria-label="Next runs">
              <Title order={3}>Next runs</Title>
              {nextRuns.length === 0 ? <Text size="sm" c="dimmed">None while it is paused.</Text> : (
                <>
                  <List size="sm" listStyleType="none">{nextRuns.map((at) => <List.Item key={at} className="figure">{clock.format(new Date(at))}</List.Item>)}</List>
                  <Text size="xs" c="dimmed">By the clocks of {timeZone}.</Text>
                </>
              )}
            </Stack>
            <Stack gap={4} component="section" aria-label="Last run">
              <Title order={3}>Last run</Title>
              <Text size="sm">{lastAt === null ? 'It has not run yet.' : `${fullTime(lastAt)}${lateByMs === null || lateByMs < 1_000 ? '' : `, ${callTime(lateByMs)} late`}`}</Text>
              {lastMessageId === null ? null : <MessageLink namespace={namespace} message={lastMessageId} />}
              {lastProblem === null ? null : <Text size="sm" c="var(--mantine-color-error)">It stored nothing: {lastProblem}</Text>}
            </Stack>
            <CodeBlock label="Message" text={message.body === '' ? '(empty body)' : message.body} tall />
            <Text size="xs" c="dimmed">{message.contentType}{message.key === undefined ? '' : `, routing key ${message.key}`}. Created {dateTime(createdAt)}.</Text>
          </Stack>
        );
      }}
    </AwaitQuery>
  );
}
