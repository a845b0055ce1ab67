import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, lazyRouteComponent, notFound, Outlet, redirect } from '@tanstack/react-router';
import { accountQuery, placesOf } from '../account/account.js';
import { isSignedOut } from '../api/failure.js';
import { installationQuery } from './installation.js';

/** What every route may ask for. */
export interface RouteContext {
  readonly queryClient: QueryClient;
}

export const root = createRootRouteWithContext<RouteContext>()({ component: Outlet });

/** Where somebody has to be known. */
export const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ context, location }) => {
    try {
      const [account] = await Promise.all([context.queryClient.ensureQueryData(accountQuery), context.queryClient.ensureQueryData(installationQuery)]);
      return { account };
    } catch (error) {
      if (isSignedOut(error)) throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { next: location.href } });
      throw error;
    }
  },
});

/** Every page of a namespace. */
export const inNamespace = createRoute({
  getParentRoute: () => signedIn,
  path: '/namespaces/$namespace',
  beforeLoad: ({ context, params }) => {
    if (!placesOf(context.account).some(({ namespace }) => namespace.id === params.namespace)) throw notFound();
  },
  component: lazyRouteComponent(() => import('./shell.js'), 'Shell'),
});
