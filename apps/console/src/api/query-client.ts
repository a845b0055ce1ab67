import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { isRetryable, isSignedOut } from './failure.js';

/**
 * @param onSignedOut called when a call learns that the session has ended; not for the account itself,
 * whose failure the router sees and answers
 */
export function newQueryClient(onSignedOut: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (isSignedOut(error) && query.queryKey[0] !== 'account') onSignedOut();
      },
    }),
    mutationCache: new MutationCache({
      onError: (error) => {
        if (isSignedOut(error)) onSignedOut();
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) => isRetryable(error) && failures < 2,
        // A paused query would show a spinner for ever; asking and failing says what is wrong.
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}
