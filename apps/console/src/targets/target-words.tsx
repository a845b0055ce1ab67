import { useNamespaceId } from '../account/account.js';
import { TextLink } from '../elements/links.js';
import type { Target } from './target.js';

/** A queue or an exchange by name, as a link to it. */
export function TargetWords({ target }: { target: Target }) {
  const namespace = useNamespaceId();
  return 'queue' in target
    ? <TextLink to="/namespaces/$namespace/queues/$queue" params={{ namespace, queue: target.queue }} className="name">{target.queue}</TextLink>
    : <>exchange <TextLink to="/namespaces/$namespace/exchanges/$exchange" params={{ namespace, exchange: target.exchange }} className="name">{target.exchange}</TextLink></>;
}
