import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './theme/console.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { accountKey } from './account/account.js';
import { newQueryClient } from './api/query-client.js';
import { newRouter } from './router.js';
import { colorSchemeManager } from './theme/color-scheme.js';
import { cssVariables, theme } from './theme/theme.js';

const queryClient = newQueryClient(() => {
  // The signed-in route asks for the account again, is refused, and leads to sign-in and back here.
  queryClient.removeQueries({ queryKey: accountKey });
  void router.invalidate();
});
const router = newRouter(queryClient);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto" colorSchemeManager={colorSchemeManager}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <Notifications position="bottom-left" containerWidth={340} limit={3} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
