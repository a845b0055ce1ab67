import { Center, Loader } from '@mantine/core';
import type { QueryClient } from '@tanstack/react-query';
import { createRoute, createRouter, lazyRouteComponent, notFound, redirect } from '@tanstack/react-router';
import { accountQuery } from './account/account.js';
import { ownAddress } from './account/own-address.js';
import { attemptFilterOf } from './attempts/attempt-filter.js';
import { billingRoutes, cameBack } from './billing/routes.js';
import { financeRoutes } from './finance/routes.js';
import { FailurePage } from './shell/failure-page.js';
import { inNamespace, root, signedIn, type RouteContext } from './shell/frame-routes.js';
import { usualPlace } from './shell/last-namespace.js';
import { NotFoundPage } from './shell/not-found-page.js';

/** Where to go after sign-in. */
const nextSearch = (search: Record<string, unknown>): { next?: string } => (typeof search['next'] === 'string' ? { next: search['next'] } : {});

/** Someone who is signed in already has no business on the entry pages. */
async function leaveIfSignedIn({ context, search }: { context: RouteContext; search: { next?: string } }) {
  const account = await context.queryClient.ensureQueryData({ ...accountQuery, retry: false }).catch(() => null);
  if (account !== null) throw redirect({ href: ownAddress(search.next) });
}

const signInRoute = createRoute({
  getParentRoute: () => root, path: '/sign-in', validateSearch: nextSearch, beforeLoad: leaveIfSignedIn,
  component: lazyRouteComponent(() => import('./account/sign-in-page.js'), 'SignInPage'),
});
const signUpRoute = createRoute({
  getParentRoute: () => root, path: '/sign-up', validateSearch: nextSearch, beforeLoad: leaveIfSignedIn,
  component: lazyRouteComponent(() => import('./account/sign-up-page.js'), 'SignUpPage'),
});

/** The links in mails of subscriptions: for whoever has the mail. */
const mailLink = createRoute({ getParentRoute: () => root, path: '/mail/$token', component: lazyRouteComponent(() => import('./mail-link/mail-link-page.js'), 'MailLinkPage') });

const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: ({ context }) => {
    const place = usualPlace(context.account);
    if (place === undefined) throw notFound();
    throw redirect({ to: '/namespaces/$namespace/overview', params: { namespace: place.namespace.id } });
  },
});

const overview = createRoute({ getParentRoute: () => inNamespace, path: 'overview', component: lazyRouteComponent(() => import('./overview/overview-page.js'), 'OverviewPage') });
const exchanges = createRoute({ getParentRoute: () => inNamespace, path: 'exchanges', component: lazyRouteComponent(() => import('./exchanges/exchanges-page.js'), 'ExchangesPage') });
const exchange = createRoute({ getParentRoute: () => inNamespace, path: 'exchanges/$exchange', component: lazyRouteComponent(() => import('./exchanges/exchange-page.js'), 'ExchangePage') });
const queues = createRoute({ getParentRoute: () => inNamespace, path: 'queues', component: lazyRouteComponent(() => import('./queues/queues-page.js'), 'QueuesPage') });
const queue = createRoute({ getParentRoute: () => inNamespace, path: 'queues/$queue', component: lazyRouteComponent(() => import('./queues/queue-page.js'), 'QueuePage') });
const schedules = createRoute({ getParentRoute: () => inNamespace, path: 'schedules', component: lazyRouteComponent(() => import('./schedules/schedules-page.js'), 'SchedulesPage') });
const tasks = createRoute({ getParentRoute: () => inNamespace, path: 'tasks', component: lazyRouteComponent(() => import('./tasks/tasks-page.js'), 'TasksPage') });
const subscriptions = createRoute({ getParentRoute: () => inNamespace, path: 'subscriptions', component: lazyRouteComponent(() => import('./subscriptions/subscriptions-page.js'), 'SubscriptionsPage') });
const subscription = createRoute({
  getParentRoute: () => inNamespace, path: 'subscriptions/$subscription', validateSearch: attemptFilterOf,
  component: lazyRouteComponent(() => import('./subscriptions/subscription-page.js'), 'SubscriptionPage'),
});
/** Beside `subscriptions`, not below: a subscription may have any name. */
const createSubscription = createRoute({
  getParentRoute: () => inNamespace, path: 'create-subscription', validateSearch: (search): { queue?: string } => (typeof search['queue'] === 'string' ? { queue: search['queue'] } : {}),
  component: lazyRouteComponent(() => import('./subscriptions/create-subscription-page.js'), 'CreateSubscriptionPage'),
});
const portalLinks = createRoute({ getParentRoute: () => inNamespace, path: 'portal-links', component: lazyRouteComponent(() => import('./portal-links/portal-links-page.js'), 'PortalLinksPage') });
const attempts = createRoute({ getParentRoute: () => inNamespace, path: 'attempts', validateSearch: attemptFilterOf, component: lazyRouteComponent(() => import('./attempts/attempts-page.js'), 'AttemptsPage') });
const sources = createRoute({ getParentRoute: () => inNamespace, path: 'sources', component: lazyRouteComponent(() => import('./sources/sources-page.js'), 'SourcesPage') });
const source = createRoute({ getParentRoute: () => inNamespace, path: 'sources/$source', component: lazyRouteComponent(() => import('./sources/source-page.js'), 'SourcePage') });
const message = createRoute({ getParentRoute: () => inNamespace, path: 'messages/$message', component: lazyRouteComponent(() => import('./timeline/message-page.js'), 'MessagePage') });
const settings = createRoute({ getParentRoute: () => inNamespace, path: 'settings', component: lazyRouteComponent(() => import('./settings/settings-page.js'), 'SettingsPage') });
const keys = createRoute({ getParentRoute: () => inNamespace, path: 'keys', component: lazyRouteComponent(() => import('./keys/keys-page.js'), 'KeysPage') });
const usage = createRoute({ getParentRoute: () => inNamespace, path: 'usage', component: lazyRouteComponent(() => import('./usage/usage-page.js'), 'UsagePage') });
const gettingStarted = createRoute({ getParentRoute: () => inNamespace, path: 'getting-started', component: lazyRouteComponent(() => import('./start/getting-started-page.js'), 'GettingStartedPage') });

const routeTree = root.addChildren([
  signInRoute,
  signUpRoute,
  mailLink,
  signedIn.addChildren([
    home,
    cameBack,
    financeRoutes,
    inNamespace.addChildren([
      overview, exchanges, exchange, queues, queue, schedules, tasks, subscriptions, subscription, createSubscription, portalLinks, attempts, sources, source, message, settings, keys, usage, ...billingRoutes, gettingStarted,
    ]),
  ]),
]);

function Waiting() {
  return (
    <Center mih="50dvh">
      <Loader role="status" aria-label="Loading" type="dots" />
    </Center>
  );
}

export function newRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultPendingComponent: Waiting,
    defaultErrorComponent: FailurePage,
    defaultNotFoundComponent: NotFoundPage,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}
