import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '../theme/console.css';
import './portal.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { newQueryClient } from '../api/query-client.js';
import { Portal } from './portal.js';
import { takeToken } from './portal-door.js';

const root = createRoot(document.getElementById('root')!);

function show(): void {
  const token = takeToken(window.location, window.history);
  root.render(
    <StrictMode>
      <QueryClientProvider key={token ?? ''} client={newQueryClient(() => undefined)}>
        <Portal token={token} />
      </QueryClientProvider>
    </StrictMode>,
  );
}

show();
// A second link opened in the same window changes nothing but what is behind the "#".
window.addEventListener('hashchange', () => {
  if (window.location.hash !== '') show();
});
