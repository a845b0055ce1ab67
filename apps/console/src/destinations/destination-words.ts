import type { DestinationKind, Subscription } from '@waybill/contracts';
import { layoutOf } from './layouts.js';

type Destination = Pick<Subscription, 'kind' | 'settings'>;

/** What a destination is called: the layout's word, the server's, or the kind itself. */
export function kindTitle(kind: string, kinds: readonly DestinationKind[] = []): string {
  return layoutOf(kind)?.title ?? kinds.find((each) => each.kind === kind)?.title ?? kind;
}

/** Where messages go, in one line: host and path, addresses, or the first text of the settings. */
export function destinationWords({ settings }: Destination): string {
  const { url, to } = settings;
  if (typeof url === 'string') return url.replace(/^https:\/\//, '').replace(/\/$/, '');
  if (Array.isArray(to) && to.length > 0) return to.length === 1 ? String(to[0]) : `${String(to[0])} and ${to.length - 1} more`;
  if (typeof to === 'string') return to;
  const first = Object.values(settings).find((value) => typeof value === 'string');
  return first === undefined ? '' : String(first);
}
