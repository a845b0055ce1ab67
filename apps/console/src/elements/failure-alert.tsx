import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { failureText, ProblemError } from '../api/failure.js';
import { CopyAction } from './copy.js';

interface FailureAlertProps {
  readonly error: unknown;
  /** What could not be done, when the problem's own title would not say so. */
  readonly title?: string;
  readonly onRetry?: () => void;
  /** Issues that a form already shows at its fields. */
  readonly hideIssues?: boolean;
  /** `warning` where the rest of the page still works. */
  readonly tone?: 'error' | 'warning';
}

/** A failure in place, in plain words, with the code that the documentation explains; the request id only where somebody would be asked for it. */
export function FailureAlert({ error, title, onRetry, hideIssues = false, tone = 'error' }: FailureAlertProps) {
  const { title: problemTitle, detail, requestId } = failureText(error);
  const code = error instanceof ProblemError ? error.problem.code : null;
  const issues = error instanceof ProblemError && !hideIssues ? (error.problem.issues ?? []) : [];
  return (
    <Alert role="alert" color={tone === 'error' ? 'red' : 'yellow'} variant="light" icon={<IconAlertTriangle size={18} />} title={title ?? problemTitle}>
      <Stack gap={8} align="flex-start">
        <Text size="sm">
          {title === undefined ? '' : `${problemTitle}. `}
          {detail}
        </Text>
        {issues.map((issue) => (
          <Text size="sm" key={`${issue.path} ${issue.message}`}>
            <span className="name">{issue.path}</span>: {issue.message}
          </Text>
        ))}
        {code === null && requestId === null ? null : (
          <Group gap={4}>
            <Text size="xs" c="dimmed">
              {code === null ? null : <>Code <span className="name">{code}</span></>}
              {requestId === null ? null : <>{code === null ? 'Request' : ', request'} id <span className="name">{requestId}</span></>}
            </Text>
            {requestId === null ? null : <CopyAction value={requestId} label="Copy request id" />}
          </Group>
        )}
        {onRetry === undefined ? null : (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
