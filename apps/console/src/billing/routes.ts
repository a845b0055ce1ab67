import { createRoute, lazyRouteComponent, notFound, redirect } from '@tanstack/react-router';
import { inNamespace, signedIn } from '../shell/frame-routes.js';
import { usualPlace } from '../shell/last-namespace.js';
import { shareSearchOf } from './share-search.js';

/** How a person came back from the payment provider's page. */
const checkoutOf = ({ checkout }: Readonly<Record<string, unknown>>): { checkout?: 'done' | 'cancelled' } => (checkout === 'done' || checkout === 'cancelled' ? { checkout } : {});

/** Where the payment provider sends people back to: it knows no namespace. */
export const cameBack = createRoute({
  getParentRoute: () => signedIn, path: '/billing', validateSearch: checkoutOf,
  beforeLoad: ({ context, search }) => {
    const place = usualPlace(context.account);
    if (place === undefined) throw notFound();
    throw redirect({ to: '/namespaces/$namespace/billing/plan', params: { namespace: place.namespace.id }, search });
  },
});

const billing = createRoute({ getParentRoute: () => inNamespace, path: 'billing', component: lazyRouteComponent(() => import('./cost-page.js'), 'CostPage') });
const billingPlan = createRoute({ getParentRoute: () => inNamespace, path: 'billing/plan', validateSearch: checkoutOf, component: lazyRouteComponent(() => import('./plan-page.js'), 'PlanPage') });
const billingEstimate = createRoute({ getParentRoute: () => inNamespace, path: 'billing/estimate', component: lazyRouteComponent(() => import('./estimate-page.js'), 'EstimatePage') });
const invoices = createRoute({ getParentRoute: () => inNamespace, path: 'billing/invoices', component: lazyRouteComponent(() => import('./invoices-page.js'), 'InvoicesPage') });
const invoice = createRoute({ getParentRoute: () => inNamespace, path: 'billing/invoices/$invoice', component: lazyRouteComponent(() => import('./invoice-page.js'), 'InvoicePage') });
const invoiceLine = createRoute({ getParentRoute: () => inNamespace, path: 'billing/invoices/$invoice/lines/$line', component: lazyRouteComponent(() => import('./line-page.js'), 'LinePage') });
const share = createRoute({
  getParentRoute: () => inNamespace, path: 'billing/invoices/$invoice/lines/$line/share', validateSearch: shareSearchOf, component: lazyRouteComponent(() => import('./evidence-page.js'), 'EvidencePage'),
});

export const billingRoutes = [billing, billingPlan, billingEstimate, invoices, invoice, invoiceLine, share] as const;
