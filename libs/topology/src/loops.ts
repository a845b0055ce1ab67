/** An exchange-to-exchange binding. */
export interface Edge {
  readonly source: string;
  readonly destination: string;
}

/**
 * The exchange itself and every exchange from which a message can get to it. A new binding from `exchange` closes
 * a loop exactly when its destination is one of these; new bindings that lead elsewhere do not change the set,
 * so one walk serves a whole batch. Iterative: a chain of 10,000 exchanges must not end in a stack overflow.
 */
export function exchangesLeadingTo(exchange: string, edges: Iterable<Edge>): ReadonlySet<string> {
  const sourcesOf = new Map<string, string[]>();
  for (const { source, destination } of edges) {
    const sources = sourcesOf.get(destination);
    if (sources) sources.push(source);
    else sourcesOf.set(destination, [source]);
  }
  const reached = new Set([exchange]);
  // A Set hands out what is added while it is walked.
  for (const name of reached) for (const source of sourcesOf.get(name) ?? []) reached.add(source);
  return reached;
}
