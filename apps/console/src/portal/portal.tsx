import { Alert, Box, Center, Group, Loader, Stack, Text, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getPortal, type PortalTheme, type Reply } from '@waybill/contracts';
import { IconLinkOff } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { FailureAlert } from '../elements/failure-alert.js';
import { duration } from '../words/time.js';
import { Endpoints } from './endpoints.js';
import { isLinkOver, PortalDoor } from './portal-door.js';
import { PortalLook } from './portal-theme.js';

const plain: PortalTheme = { scheme: 'auto' };

export type PortalInfo = Reply<typeof getPortal>;

/** The page of a tenant's own customer, behind a link. */
export function Portal({ token }: { token: string | null }) {
  if (token === null) return <PortalLook theme={plain}><LinkOver missing /></PortalLook>;
  return <Opened door={new PortalDoor(token)} />;
}

function Opened({ door: given }: { door: PortalDoor }) {
  const [door] = useState(given);
  const queryClient = useQueryClient();
  const portal = useQuery({ queryKey: ['portal'], queryFn: ({ signal }) => door.call(getPortal, { signal }), staleTime: Infinity, retry: (failures, error) => !isLinkOver(error) && failures < 2 });
  const [over, setOver] = useState(false);
  // Any call may be the first to learn that the time is up.
  useEffect(() => queryClient.getQueryCache().subscribe(({ query }) => { if (isLinkOver(query.state.error)) setOver(true); }), [queryClient]);
  useEffect(() => queryClient.getMutationCache().subscribe(({ mutation }) => { if (isLinkOver(mutation?.state.error)) setOver(true); }), [queryClient]);
  const theme = portal.data?.theme ?? plain;
  const title = theme.name ?? 'Webhooks';
  useEffect(() => { document.title = title; }, [title]);
  return (
    <PortalLook theme={theme}>
      {over ? <LinkOver /> : portal.data !== undefined ? <Page door={door} portal={portal.data} title={title} /> : (
        <Center mih="50dvh" p="md">{portal.error === null ? <Loader role="status" aria-label="Loading" type="dots" /> : <Box maw={460}><FailureAlert error={portal.error} onRetry={() => void portal.refetch()} /></Box>}</Center>
      )}
    </PortalLook>
  );
}

function Page({ door, portal, title }: { door: PortalDoor; portal: PortalInfo; title: string }) {
  const { theme, expiresAt } = portal;
  return (
    <>
      <header className="portal-head">
        <Group justify="space-between" gap="sm" wrap="nowrap">
          <Group gap="sm" wrap="nowrap" miw={0}>
            {theme.logoUrl === undefined ? null : <img src={theme.logoUrl} alt="" className="portal-logo" referrerPolicy="no-referrer" />}
            <Text fw={650} truncate>{title}</Text>
          </Group>
          <TimeLeft until={expiresAt} />
        </Group>
      </header>
      <main className="portal"><Endpoints door={door} portal={portal} /></main>
    </>
  );
}

/** Says when the link is nearly over, so that nobody is surprised in the middle of a form. */
function TimeLeft({ until }: { until: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  const left = useMemo(() => Date.parse(until) - now, [until, now]);
  return <Text size="xs" {...(left < 300_000 ? { fw: 600 } : { c: 'dimmed' })} style={{ whiteSpace: 'nowrap' }}>{left <= 0 ? 'Link expired' : `Link valid for ${duration(left)}`}</Text>;
}

/** In plain words: nothing here can be repaired but by a new link. */
function LinkOver({ missing = false }: { missing?: boolean }) {
  return (
    <Center component="main" mih="60dvh" p="md">
      <Stack maw={460} gap="md">
        <Title order={1}>{missing ? 'The link is not complete' : 'This link has expired'}</Title>
        <Alert role="alert" color="gray" icon={<IconLinkOff size={18} />}>
          {missing
            ? 'Open the whole link again from the page or mail that you have it from. For your safety it is not kept when this page is reloaded.'
            : 'Links to this page are valid for a short time only. Open it again from where you found it, or ask for a new link. Your endpoints go on working meanwhile.'}
        </Alert>
      </Stack>
    </Center>
  );
}
