import { createRoute, lazyRouteComponent, notFound } from '@tanstack/react-router';
import { signedIn } from '../shell/frame-routes.js';

/** For people of the company that runs this installation; the API says the same to everyone else. */
const finance = createRoute({
  getParentRoute: () => signedIn,
  path: '/finance',
  beforeLoad: ({ context }) => {
    if (context.account.operator === null) throw notFound();
  },
  component: lazyRouteComponent(() => import('./finance-shell.js'), 'FinanceShell'),
});
const financeOverview = createRoute({ getParentRoute: () => finance, path: '/', component: lazyRouteComponent(() => import('./overview-page.js'), 'OverviewPage') });
const closeBoard = createRoute({ getParentRoute: () => finance, path: 'close', component: lazyRouteComponent(() => import('./close-board-page.js'), 'CloseBoardPage') });
const financeInvoices = createRoute({ getParentRoute: () => finance, path: 'invoices', component: lazyRouteComponent(() => import('./invoices-page.js'), 'FinanceInvoicesPage') });
const financeInvoice = createRoute({ getParentRoute: () => finance, path: 'invoices/$invoice', component: lazyRouteComponent(() => import('./invoice-page.js'), 'FinanceInvoicePage') });
const revenue = createRoute({ getParentRoute: () => finance, path: 'revenue', component: lazyRouteComponent(() => import('./revenue-page.js'), 'RevenuePage') });
const variance = createRoute({ getParentRoute: () => finance, path: 'variance', component: lazyRouteComponent(() => import('./variance-page.js'), 'VariancePage') });
const deletions = createRoute({ getParentRoute: () => finance, path: 'deletions', component: lazyRouteComponent(() => import('./deletions-page.js'), 'DeletionsPage') });
const approvals = createRoute({ getParentRoute: () => finance, path: 'approvals', component: lazyRouteComponent(() => import('./approvals-page.js'), 'ApprovalsPage') });
const financeExports = createRoute({ getParentRoute: () => finance, path: 'exports', component: lazyRouteComponent(() => import('./exports-page.js'), 'ExportsPage') });
const financeHistory = createRoute({ getParentRoute: () => finance, path: 'history', component: lazyRouteComponent(() => import('./history-page.js'), 'HistoryPage') });

export const financeRoutes = finance.addChildren([financeOverview, closeBoard, financeInvoices, financeInvoice, revenue, variance, deletions, approvals, financeExports, financeHistory]);
