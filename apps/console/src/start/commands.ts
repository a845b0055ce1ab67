/** Where a key goes when none was made in this visit; a shell fills it in. */
export const keyPlaceholder = '$WAYBILL_KEY';

interface CommandFacts {
  readonly gatewayUrl: string;
  readonly queue: string;
  /** The whole key, or the placeholder. */
  readonly key: string;
}

function curl(path: string, { gatewayUrl, key }: CommandFacts, body: string): string {
  // Double quotes around the credentials, so that a shell fills the placeholder in.
  return [`curl -sS -X POST ${gatewayUrl}${path}`, `  -H "authorization: Bearer ${key}"`, `  -H 'content-type: application/json'`, `  -d '${body}'`].join(' \\\n');
}

export const publishCommand = (facts: CommandFacts): string => curl(`/v1/queues/${facts.queue}/messages`, facts, '{"hello":"world"}');
export const receiveCommand = (facts: CommandFacts): string => curl(`/v1/queues/${facts.queue}/receive`, facts, '{"max":1,"waitSeconds":10}');
export const acceptCommand = (facts: CommandFacts): string => curl(`/v1/queues/${facts.queue}/settle`, facts, '{"accept":["RECEIPT"]}');
