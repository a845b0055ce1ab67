import { errorCodes, keyScopes, scopePermissions, WaybillError } from '@waybill/kernel';
import type { ErrorCode, Permission } from '@waybill/kernel';
import { z } from 'zod';
import { createDocument } from 'zod-openapi';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import type { Operation } from './operation.js';
import { controlOperations, dataOperations } from './operations.js';
import { httpAnswers, problemOf, problemSchema } from './problem.js';
import {
  batchContentType, batchLimit, cborBatchContentType, cborContentType, cborMessageInput, cloudEventBatchContentType, cloudEventContentType, messageInput, ndjsonContentType,
} from './publishing.js';

export type Door = 'control' | 'data';

const doors: Readonly<Record<Door, { title: string; description: string; operations: readonly Operation[] }>> = {
  control: {
    title: 'Waybill control API',
    description: 'People, keys, exchanges, queues, bindings, usage and billing. Errors are RFC 9457 problem details with a stable `code`.',
    operations: controlOperations,
  },
  data: {
    title: 'Waybill data API',
    description: 'Publish, receive and settle messages. The API key belongs to one namespace, so paths name none. Errors are RFC 9457 problem details with a stable `code`.',
    operations: dataOperations,
  },
};

/** What the groups of operations are for; a group without a text fails the lint of the document. */
const tagTexts: Readonly<Record<string, string>> = {
  Publish: 'Messages in: single, in batches, as lines, as CloudEvents, and as requests that wait for their reply.',
  Consume: 'Messages out: receive, stream, settle.',
  Operate: 'Looking into queues without consuming, and changing what lies there.',
  Figures: 'Depths, ages and totals of queues.',
  Schedules: 'Messages published by the clock.',
  'Message log': 'What happened to a message, and when.',
  Identity: 'People, sessions and keys.',
  Namespaces: 'Units of isolation and their settings.',
  Topology: 'Exchanges, queues and bindings.',
  Sources: 'Definitions of webhooks of others that come in.',
  Inbound: 'The door for webhooks of others.',
  Subscriptions: 'Pushing the messages of a queue to a destination.',
  'Mail links': 'What recipients of mails answer, by the links in their mails.',
  Attempts: 'What came of each call to a destination, and sending again.',
  Portal: "What your own customers see of their endpoints, by a link of their own.",
  Usage: 'What was metered.',
  Billing: 'Plans, cost, caps, credit and invoices of a tenant.',
  Finance: 'What operators of the installation do: the close, payments, credit notes, revenue.',
  Document: 'Descriptions of the API itself.',
};

function tagText(name: string): { description?: string } {
  const description = tagTexts[name];
  return description === undefined ? {} : { description };
}

/** The OpenAPI 3.1 document of one door, made from the same operations its routes are made from. */
export function openApiDocument(door: Door, serverUrl: string): Record<string, unknown> {
  const { title, description, operations } = doors[door];
  const document = createDocument({
    openapi: '3.1.0',
    info: { title, description, version: '1.0.0', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: serverUrl }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name, ...tagText(name) })),
    paths: pathsOf(door, operations),
    components: { securitySchemes: securitySchemes(door) },
  });
  return document as unknown as Record<string, unknown>;
}

/** Every code an operation can answer: what it declares, and what its kind brings along. */
export function codesOf(door: Door, operation: Operation): ErrorCode[] {
  const stores: ErrorCode[] = door === 'control' ? ['database_unavailable', 'store_unavailable'] : [];
  const bodies: ErrorCode[] = operation.body === undefined ? [] : ['request_body_too_large', 'request_content_type_unsupported', 'text_invalid', 'body_too_deep'];
  const cbor: ErrorCode[] = operation.cbor === undefined ? [] : ['request_malformed_cbor'];
  return [...new Set<ErrorCode>([...operation.errors, ...bodies, ...cbor, ...stores, 'internal_error'])];
}

function pathsOf(door: Door, operations: readonly Operation[]): ZodOpenApiPathsObject {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const operation of operations) (paths[operation.path] ??= {})[operation.method.toLowerCase()] = operationObject(door, operation);
  return paths;
}

function operationObject(door: Door, operation: Operation): ZodOpenApiOperationObject {
  const { params, query, headers, body } = operation;
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    security: securityOf(door, operation),
    requestParams: {
      ...(params instanceof z.ZodObject ? { path: params } : {}),
      ...(query instanceof z.ZodObject ? { query } : {}),
      ...(headers === undefined ? {} : { header: headers }),
    },
    ...(body === undefined ? {} : { requestBody: requestBody(operation, body) }),
    responses: { ...successes(operation), ...problems(codesOf(door, operation)) },
  };
}

function requestBody({ cbor }: Operation, body: NonNullable<Operation['body']>): NonNullable<ZodOpenApiOperationObject['requestBody']> {
  if (body !== 'bytes') return { required: true, content: { 'application/json': { schema: body }, ...(cbor === undefined ? {} : { [cborContentType]: { schema: body } }) } };
  return {
    description: 'The message as it is, in any content type, or a batch.',
    content: {
      '*/*': { schema: { type: 'string', format: 'binary' } },
      [batchContentType]: { schema: batchOf(messageInput) },
      [cborBatchContentType]: { schema: batchOf(cborMessageInput) },
      [ndjsonContentType]: { schema: { type: 'string', description: 'One MessageInput per line.' } },
      [cloudEventContentType]: { schema: { type: 'object', description: 'A CloudEvent 1.0 in the JSON format.' } },
      [cloudEventBatchContentType]: { schema: { type: 'array', description: 'CloudEvents 1.0 in the JSON batch format.' } },
    },
  };
}

const batchOf = (message: z.ZodType) => z.object({ messages: z.array(message).min(1).max(batchLimit), mode: z.enum(['all', 'each']).default('all') });

const requestId = { 'x-request-id': { description: 'Names this request in our logs.', schema: { type: 'string' } } } as const;

function successes({ reply, replyType = 'application/json', cbor, status, statusUnchanged }: Operation): ZodOpenApiResponsesObject {
  const asCbor = cbor !== undefined && reply instanceof z.ZodObject ? { [cborContentType]: { schema: reply.extend(cbor) } } : {};
  const content = reply === undefined ? {} : { content: { [replyType]: { schema: reply }, ...asCbor } };
  return {
    [String(status)]: { description: status === 201 && statusUnchanged !== undefined ? 'Created' : 'Done', headers: requestId, ...content },
    ...(statusUnchanged === undefined ? {} : { [String(statusUnchanged)]: { description: 'It was there already', headers: requestId, ...content } }),
  };
}

/** One response per status, with an example per code. */
function problems(codes: readonly ErrorCode[]): ZodOpenApiResponsesObject {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = httpAnswers[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      String(status),
      {
        description: group.map((code) => `\`${code}\`: ${httpAnswers[code].title}`).join('; '),
        headers: group.some((code) => errorCodes[code].retryable && status !== 500) ? { ...requestId, ...retryAfter } : requestId,
        content: { 'application/problem+json': { schema: problemSchema, examples: Object.fromEntries(group.map((code) => [code, exampleOf(code)])) } },
      },
    ]),
  );
}

const retryAfter = { 'retry-after': { description: 'Seconds to wait, where it is known.', schema: { type: 'integer' } } } as const;

function exampleOf(code: ErrorCode) {
  return { summary: httpAnswers[code].title, value: problemOf(new WaybillError(code), 'req_0g3zk8t2m1q000001') };
}

const reachableByKey: ReadonlySet<Permission> = new Set(keyScopes.flatMap((scope) => scopePermissions[scope]));

function securityOf(door: Door, { permission }: Operation): Record<string, string[]>[] {
  if (permission === 'public') return [];
  if (permission === 'portal:use') return [{ portalLink: [] }];
  if (door === 'data') return [{ apiKey: [] }, { dataToken: [] }];
  if (permission === 'signed_in' || !reachableByKey.has(permission)) return [{ session: [] }];
  return [{ apiKey: [] }, { session: [] }];
}

function securitySchemes(door: Door) {
  const apiKey = { type: 'http', scheme: 'bearer', bearerFormat: 'wb_<environment>_<id>_<secret>_<checksum>', description: 'An API key of the namespace.' } as const;
  if (door === 'data') {
    return { apiKey, dataToken: { type: 'http', scheme: 'bearer', bearerFormat: 'wbd_<payload>_<signature>', description: "The console's short-lived token." } as const };
  }
  const portalLink = { type: 'http', scheme: 'bearer', bearerFormat: 'wbp_<payload>_<signature>', description: 'The token of a portal link.' } as const;
  return { apiKey, portalLink, session: { type: 'apiKey', in: 'cookie', name: 'waybill_session', description: 'Set by signing in; `__Host-waybill_session` with https.' } as const };
}
