import { z } from 'zod';
import { death, receivedMessage, settleResult, streamQueue } from './consuming.js';
import { problemSchema } from './problem.js';
import {
  clientFrameLimitBytes, creditFrame, messageFrame, pausedFrame, pingFrame, pongFrame, problemFrame, settledFrame, settleFrame, streamHeartbeatSeconds,
} from './stream-frames.js';

/** What either side sends: schema, and what it is for. */
const fromServer = {
  message: { schema: messageFrame, title: 'A message', summary: 'Leased to this socket until `leaseUntil`; it counts against the credit until it is settled.' },
  settled: { schema: settledFrame, title: 'Settlements carried out', summary: 'One result per receipt of the settle frame with the same id.' },
  paused: { schema: pausedFrame, title: 'The queue is paused', summary: 'Sent once each time the queue stops handing out messages.' },
  pong: { schema: pongFrame, title: 'Alive', summary: 'The answer to a ping frame.' },
  problem: { schema: problemFrame, title: 'A problem', summary: 'A frame was not carried out, or why the stream ends.' },
} as const;
const fromClient = {
  credit: { schema: creditFrame, title: 'New credit', summary: 'Replaces the credit of the query.' },
  settle: { schema: settleFrame, title: 'Settle', summary: 'Accept, release, reject, extend or defer, as the settle call does.' },
  ping: { schema: pingFrame, title: 'Are you there?', summary: 'For clients that cannot send WebSocket pings.' },
} as const;
const events = {
  messageEvent: { schema: receivedMessage, name: 'message', title: 'event: message', summary: '`data` is the message, `id` its message id.' },
  pausedEvent: { schema: z.object({}).meta({ id: 'PausedEvent' }), name: 'paused', title: 'event: paused', summary: 'The queue hands nothing out now; the stream stays open.' },
  problemEvent: { schema: problemSchema, name: 'problem', title: 'event: problem', summary: 'Why the stream ends.' },
} as const;

type Parts = Readonly<Record<string, { schema: z.ZodType; name?: string; title: string; summary: string }>>;

/** Every named schema, `#/components/schemas/<id>` wherever another one uses it. JSON Schema draft-07, as AsyncAPI 3.0 asks. */
function schemas(): Record<string, unknown> {
  const named = z.registry<{ id?: string }>();
  for (const schema of [death, problemSchema, settleResult, ...[fromServer, fromClient, events].flatMap((parts: Parts) => Object.values(parts).map((part) => part.schema))]) {
    named.add(schema, { id: idOf(schema) });
  }
  const { schemas: found } = z.toJSONSchema(named, { io: 'input', target: 'draft-7', uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(Object.entries(found).map(([id, { $schema: _dialect, $id: _address, ...schema }]) => [id, schema]));
}

function idOf(schema: z.ZodType): string {
  const id = schema.meta()?.id;
  if (id === undefined) throw new Error('a schema of the streams has no id');
  return id;
}

const contentType = 'application/json';
const messagesOf = (parts: Parts) =>
  Object.fromEntries(
    Object.entries(parts).map(([key, { schema, name = key, title, summary }]) => [key, { name, title, summary, contentType, payload: { $ref: `#/components/schemas/${idOf(schema)}` } }]),
  );
const references = (channel: string, parts: Parts) => Object.keys(parts).map((key) => ({ $ref: `#/channels/${channel}/messages/${key}` }));

function channel(address: string, title: string, description: string, servers: readonly string[], parts: Parts, bindings: object) {
  return {
    address, title, description,
    servers: servers.map((name) => ({ $ref: `#/servers/${name}` })),
    parameters: { queue: { description: 'Name of the queue' } },
    messages: Object.fromEntries(Object.keys(parts).map((key) => [key, { $ref: `#/components/messages/${key}` }])),
    bindings,
  };
}

/** Query of the stream as a draft-07 schema, for the bindings of the channels. */
function query(): unknown {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(streamQueue.query ?? z.object({}), { io: 'input', target: 'draft-7' });
  return schema;
}

/** The AsyncAPI 3.0 document of the streams of a queue, made from the same schemas that check their frames. `gatewayUrl`: http or https. */
export function asyncApiDocument(gatewayUrl: string): Record<string, unknown> {
  const { host, protocol } = new URL(gatewayUrl);
  const secure = protocol === 'https:' ? 's' : '';
  const security = [{ $ref: '#/components/securitySchemes/apiKey' }, { $ref: '#/components/securitySchemes/dataToken' }];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Waybill streams',
      version: '1.0.0',
      description:
        'Messages of a queue as they come. A stream holds at most `credit` messages that are leased and not settled; settling makes room for the next. ' +
        'When a stream ends, what it leased and nobody settled goes back to the queue at once. ' +
        `The gateway shows every ${streamHeartbeatSeconds} seconds that it lives.`,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: contentType,
    servers: {
      socket: { host, protocol: `ws${secure}`, description: 'WebSocket', security },
      events: { host, protocol: `http${secure}`, description: 'Server-sent events', security },
    },
    channels: {
      socket: channel(
        streamQueue.path, 'A queue on a WebSocket',
        `One JSON text per frame; frames of the client have at most ${clientFrameLimitBytes} bytes. Close codes: 1003 a binary frame, 1008 the credentials are no longer valid, 1009 a frame too large, 1011 the stream ended with the problem sent before, 1012 the gateway restarts: connect again.`,
        ['socket'], { ...fromServer, ...fromClient }, { ws: { method: 'GET', query: query(), bindingVersion: '0.1.0' } },
      ),
      events: channel(
        streamQueue.path, 'A queue as server-sent events', 'Settle by the settle call, through any gateway. The stream ends with a comment when the gateway restarts: connect again.',
        ['events'], events, {},
      ),
    },
    operations: {
      deliver: { action: 'send', channel: { $ref: '#/channels/socket' }, title: 'Deliver', summary: 'Messages and answers to the client.', messages: references('socket', fromServer) },
      settle: {
        action: 'receive', channel: { $ref: '#/channels/socket' }, title: 'Take frames of the client', summary: 'Credit, settlements and pings.', messages: references('socket', fromClient),
        reply: { channel: { $ref: '#/channels/socket' }, messages: references('socket', { settled: fromServer.settled, pong: fromServer.pong, problem: fromServer.problem }) },
      },
      stream: {
        action: 'send', channel: { $ref: '#/channels/events' }, title: 'Deliver as server-sent events', summary: 'Messages, pauses and the last problem.', messages: references('events', events),
        bindings: { http: { method: 'GET', query: query(), bindingVersion: '0.3.0' } },
      },
    },
    components: {
      messages: messagesOf({ ...fromServer, ...fromClient, ...events }),
      schemas: schemas(),
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'wb_<environment>_<id>_<secret>_<checksum>', description: 'An API key of the namespace with the scope consume.' },
        dataToken: { type: 'httpApiKey', name: 'access_token', in: 'query', description: "The console's short-lived token, for browsers, which cannot send the header here. API keys are not taken in the address." },
      },
    },
  };
}
