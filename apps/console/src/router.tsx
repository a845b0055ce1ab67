import { Center, Loader } from '@mantine/core';
import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, notFound, Outlet, redirect } from '@tanstack/react-router';
import { accountQuery, placesOf } from './account/account.js';
import { ownAddress } from './account/own-address.js';
import { isSignedOut } from './api/failure.js';
import { attemptFilterOf } from './attempts/attempt-filter.js';
import { shareSearchOf } from './billing/share-search.js';
import { FailurePage } from './shell/failure-page.js';
import { lastNamespace } from './shell/last-namespace.js';
import { NotFoundPage } from './shell/not-found-page.js';

interface Context {
  readonly queryClient: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ component: Outlet });

/** Where to go after sign-in. */
const nextSearch = (search: Record<string, unknown>): { next?: string } => (typeof search['next'] === 'string' ? { next: search['next'] } : {});

/** Someone who is signed in already has no business on the entry pages. */
async function leaveIfSignedIn({ context, search }: { context: Context; search: { next?: string } }) {
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

const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ context, location }) => {
    try {
      return { account: await context.queryClient.ensureQueryData(accountQuery) };
    } catch (error) {
      if (isSignedOut(error)) throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { next: location.href } });
      throw error;
    }
  },
});

const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: ({ context }) => {
    const places = placesOf(context.account);
    const last = lastNamespace();
    const place = places.find(({ namespace }) => namespace.id === last) ?? places[0];
    if (place === undefined) throw notFound();
    throw redirect({ to: '/namespaces/$namespace/overview', params: { namespace: place.namespace.id } });
  },
});

const inNamespace = createRoute({
  getParentRoute: () => signedIn,
  path: '/namespaces/$namespace',
  beforeLoad: ({ context, params }) => {
    if (!placesOf(context.account).some(({ namespace }) => namespace.id === params.namespace)) throw notFound();
  },
  component: lazyRouteComponent(() => import('./shell/shell.js'), 'Shell'),
});

const overview = createRoute({ getParentRoute: () => inNamespace, path: 'overview', component: lazyRouteComponent(() => import('./overview/overview-page.js'), 'OverviewPage') });
const exchanges = createRoute({ getParentRoute: () => inNamespace, path: 'exchanges', component: lazyRouteComponent(() => import('./exchanges/exchanges-page.js'), 'ExchangesPage') });
const exchange = createRoute({ getParentRoute: () => inNamespace, path: 'exchanges/$exchange', component: lazyRouteComponent(() => import('./exchanges/exchange-page.js'), 'ExchangePage') });
const queues = createRoute({ getParentRoute: () => inNamespace, path: 'queues', component: lazyRouteComponent(() => import('./queues/queues-page.js'), 'QueuesPage') });
const queue = createRoute({ getParentRoute: () => inNamespace, path: 'queues/$queue', component: lazyRouteComponent(() => import('./queues/queue-page.js'), 'QueuePage') });
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
const attempts = createRoute({ getParentRoute: () => inNamespace, path: 'attempts', validateSearch: attemptFilterOf, component: lazyRouteComponent(() => import('./attempts/attempts-page.js'), 'AttemptsPage') });
const sources = createRoute({ getParentRoute: () => inNamespace, path: 'sources', component: lazyRouteComponent(() => import('./sources/sources-page.js'), 'SourcesPage') });
const source = createRoute({ getParentRoute: () => inNamespace, path: 'sources/$source', component: lazyRouteComponent(() => import('./sources/source-page.js'), 'SourcePage') });
const message = createRoute({ getParentRoute: () => inNamespace, path: 'messages/$message', component: lazyRouteComponent(() => import('./timeline/message-page.js'), 'MessagePage') });
const settings = createRoute({ getParentRoute: () => inNamespace, path: 'settings', component: lazyRouteComponent(() => import('./settings/settings-page.js'), 'SettingsPage') });
const keys = createRoute({ getParentRoute: () => inNamespace, path: 'keys', component: lazyRouteComponent(() => import('./keys/keys-page.js'), 'KeysPage') });
const usage = createRoute({ getParentRoute: () => inNamespace, path: 'usage', component: lazyRouteComponent(() => import('./usage/usage-page.js'), 'UsagePage') });
const billing = createRoute({ getParentRoute: () => inNamespace, path: 'billing', component: lazyRouteComponent(() => import('./billing/cost-page.js'), 'CostPage') });
const billingPlan = createRoute({ getParentRoute: () => inNamespace, path: 'billing/plan', component: lazyRouteComponent(() => import('./billing/plan-page.js'), 'PlanPage') });
const billingEstimate = createRoute({ getParentRoute: () => inNamespace, path: 'billing/estimate', component: lazyRouteComponent(() => import('./billing/estimate-page.js'), 'EstimatePage') });
const invoices = createRoute({ getParentRoute: () => inNamespace, path: 'billing/invoices', component: lazyRouteComponent(() => import('./billing/invoices-page.js'), 'InvoicesPage') });
const invoice = createRoute({ getParentRoute: () => inNamespace, path: 'billing/invoices/$invoice', component: lazyRouteComponent(() => import('./billing/invoice-page.js'), 'InvoicePage') });
const invoiceLine = createRoute({ getParentRoute: () => inNamespace, path: 'billing/invoices/$invoice/lines/$line', component: lazyRouteComponent(() => import('./billing/line-page.js'), 'LinePage') });
const share = createRoute({
  getParentRoute: () => inNamespace, path: 'billing/invoices/$invoice/lines/$line/share', validateSearch: shareSearchOf, component: lazyRouteComponent(() => import('./billing/evidence-page.js'), 'EvidencePage'),
});
const gettingStarted = createRoute({ getParentRoute: () => inNamespace, path: 'getting-started', component: lazyRouteComponent(() => import('./start/getting-started-page.js'), 'GettingStartedPage') });

/** For people of the company that runs this installation; the API says the same to everyone else. */
const finance = createRoute({
  getParentRoute: () => signedIn,
  path: '/finance',
  beforeLoad: ({ context }) => {
    if (context.account.operator === null) throw notFound();
  },
  component: lazyRouteComponent(() => import('./finance/finance-shell.js'), 'FinanceShell'),
});
const financeOverview = createRoute({ getParentRoute: () => finance, path: '/', component: lazyRouteComponent(() => import('./finance/overview-page.js'), 'OverviewPage') });
const closeBoard = createRoute({ getParentRoute: () => finance, path: 'close', component: lazyRouteComponent(() => import('./finance/close-board-page.js'), 'CloseBoardPage') });
const financeInvoices = createRoute({ getParentRoute: () => finance, path: 'invoices', component: lazyRouteComponent(() => import('./finance/invoices-page.js'), 'FinanceInvoicesPage') });
const financeInvoice = createRoute({ getParentRoute: () => finance, path: 'invoices/$invoice', component: lazyRouteComponent(() => import('./finance/invoice-page.js'), 'FinanceInvoicePage') });
const revenue = createRoute({ getParentRoute: () => finance, path: 'revenue', component: lazyRouteComponent(() => import('./finance/revenue-page.js'), 'RevenuePage') });
const variance = createRoute({ getParentRoute: () => finance, path: 'variance', component: lazyRouteComponent(() => import('./finance/variance-page.js'), 'VariancePage') });
const approvals = createRoute({ getParentRoute: () => finance, path: 'approvals', component: lazyRouteComponent(() => import('./finance/approvals-page.js'), 'ApprovalsPage') });
const financeHistory = createRoute({ getParentRoute: () => finance, path: 'history', component: lazyRouteComponent(() => import('./finance/history-page.js'), 'HistoryPage') });

const routeTree = root.addChildren([
  signInRoute,
  signUpRoute,
  signedIn.addChildren([
    home,
    finance.addChildren([financeOverview, closeBoard, financeInvoices, financeInvoice, revenue, variance, approvals, financeHistory]),
    inNamespace.addChildren([
      overview, exchanges, exchange, queues, queue, subscriptions, subscription, createSubscription, attempts, sources, source, message, settings, keys, usage, billing, billingPlan, billingEstimate, invoices, invoice,
      invoiceLine, share, gettingStarted,
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
