import { Select, type SelectProps } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { exchangesQuery } from '../exchanges/queries.js';
import { queuesQuery } from '../queues/queries.js';

/** Chooses a queue or an exchange; its value is that of `choiceOf`. */
export function TargetField({ namespace, ...field }: SelectProps & { readonly namespace: string }) {
  const queues = useInfiniteQuery(queuesQuery(namespace));
  const exchanges = useInfiniteQuery(exchangesQuery(namespace));
  const data = [
    { group: 'Queues', items: (queues.data ?? []).map(({ name }) => ({ value: `queue:${name}`, label: name })) },
    { group: 'Exchanges', items: (exchanges.data ?? []).map(({ name, kind }) => ({ value: `exchange:${name}`, label: `${name} (${kind})` })) },
  ];
  return <Select searchable withAsterisk placeholder="Choose a queue or an exchange" nothingFoundMessage="Nothing is called this" {...field} data={data} />;
}
