import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { inNamespace } from '../shell/frame-routes.js';
import { shareSearchOf } from './share-search.js';

const billing = createRoute({ getParentRoute: () => inNamespace, path: 'billing', component: lazyRouteComponent(() => import('./cost-page.js'), 'CostPage') });
const billingPlan = createRoute({ getParentRoute: () => inNamespace, path: 'billing/plan', component: lazyRouteComponent(() => import('./plan-page.js'), 'PlanPage') });
const billingEstimate = createRoute({ getParentRoute: () => inNamespace, path: 'billing/estimate', component: lazyRouteComponent(() => import('./estimate-page.js'), 'EstimatePage') });
const invoices = createRoute({ getParentRoute: () => inNamespace, path: 'billing/invoices', component: lazyRouteComponent(() => import('./invoices-page.js'), 'InvoicesPage') });
const invoice = createRoute({ getParentRoute: () => inNamespace, path: 'billing/invoices/$invoice', component: lazyRouteComponent(() => import('./invoice-page.js'), 'InvoicePage') });
const invoiceLine = createRoute({ getParentRoute: () => inNamespace, path: 'billing/invoices/$invoice/lines/$line', component: lazyRouteComponent(() => import('./line-page.js'), 'LinePage') });
const share = createRoute({
  getParentRoute: () => inNamespace, path: 'billing/invoices/$invoice/lines/$line/share', validateSearch: shareSearchOf, component: lazyRouteComponent(() => import('./evidence-page.js'), 'EvidencePage'),
});

export const billingRoutes = [billing, billingPlan, billingEstimate, invoices, invoice, invoiceLine, share] as const;
