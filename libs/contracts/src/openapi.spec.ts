import { describe, expect, it } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Validator } from '@seriousme/openapi-schema-validator';
import { codesOf, openApiDocument } from './openapi.js';
import type { Door } from './openapi.js';
import { controlOperations, dataOperations } from './operations.js';
import { httpAnswers } from './problem.js';

interface Served {
  operationId: string;
  security: object[];
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { content?: Record<string, { examples?: Record<string, { value: { code: string; title: string; detail: string; status: number } }> }> }>;
}
const documentOf = (door: Door) => openApiDocument(door, 'https://waybill.example') as { paths: Record<string, Record<string, Served>>; components: { schemas: object; securitySchemes: object } };
const doors = [['control', controlOperations], ['data', dataOperations]] as const;

describe.each(doors)('the OpenAPI document of the %s door', (door, operations) => {
  const document = documentOf(door);
  const served = Object.values(document.paths).flatMap((path) => Object.values(path));

  it('is a valid OpenAPI 3.1 document', async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('has no fault that a linter finds', async () => {
    // The documents themselves refuse nobody, so they have no 4xx; which codes the others answer is checked below.
    const config = await createConfig({ extends: ['recommended-strict'], rules: { 'operation-4xx-response': 'off' } });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    expect(problems.map(({ ruleId, message, location }) => ({ ruleId, message, at: location[0]?.pointer }))).toEqual([]);
  });

  it('has every operation once, under its own id', () => {
    expect(served.map(({ operationId }) => operationId).sort()).toEqual(operations.map(({ id }) => id).sort());
    expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
  });

  it('shows every code of every operation with status, title and what to do', () => {
    for (const operation of operations) {
      const shown = document.paths[operation.path]?.[operation.method.toLowerCase()];
      const examples = Object.entries(shown?.responses ?? {}).flatMap(([status, { content }]) =>
        Object.entries(content?.['application/problem+json']?.examples ?? {}).map(([code, { value }]) => ({ code, status: Number(status), value })),
      );
      expect(examples.map(({ code }) => code).sort()).toEqual([...codesOf(door, operation)].sort());
      for (const { code, status, value } of examples) {
        const { title } = httpAnswers[code as keyof typeof httpAnswers];
        expect({ status, value }).toEqual({ status: httpAnswers[code as keyof typeof httpAnswers].status, value: expect.objectContaining({ code, title, status }) });
        expect(value.detail.length).toBeGreaterThan(10);
      }
    }
  });

  it('names every parameter of every path', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters = [] } of Object.values(methods)) expect(parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(inPath);
    }
  });

  it('asks for credentials everywhere but at the public operations', () => {
    const open = served.filter(({ security }) => security.length === 0).map(({ operationId }) => operationId);
    expect(open.sort()).toEqual(operations.filter(({ permission }) => permission === 'public').map(({ id }) => id).sort());
  });
});

describe('publishing in the document', () => {
  it('takes any bytes, and batches, lines and CloudEvents by their own content types', () => {
    const publish = documentOf('data').paths['/v1/exchanges/{exchange}/messages']?.['post'];
    expect(Object.keys(publish?.requestBody?.content ?? {})).toEqual([
      '*/*', 'application/vnd.waybill.batch+json', 'application/vnd.waybill.batch+cbor', 'application/x-ndjson', 'application/cloudevents+json', 'application/cloudevents-batch+json',
    ]);
    expect(publish?.parameters).toContainEqual(expect.objectContaining({ in: 'header', name: 'waybill-key' }));
  });
});

describe('CBOR in the document', () => {
  const { paths } = documentOf('data');
  const typesOf = (path: string) => {
    const { requestBody, responses } = paths[path]!['post']!;
    return [requestBody, responses['200']].map((part) => Object.keys(part?.content ?? {}));
  };

  it('is there for receive and settle, both ways, and for nothing that only JSON is taken for', () => {
    for (const call of ['receive', 'settle']) expect(typesOf(`/v1/queues/{queue}/${call}`)).toEqual([['application/json', 'application/cbor'], ['application/json', 'application/cbor']]);
    expect(typesOf('/v1/queues/{queue}/accept-and-publish')).toEqual([['application/json'], ['application/json']]);
  });

  it('has bodies that are byte strings, and no encoding of them', () => {
    const { schemas } = documentOf('data').components as { schemas: Record<string, { properties: Record<string, unknown> }> };
    expect(schemas['CborReceivedMessage']?.properties).toMatchObject({ body: { type: 'string', format: 'binary' } });
    expect(schemas['CborReceivedMessage']?.properties).not.toHaveProperty('bodyEncoding');
    expect(schemas['CborMessageInput']?.properties['body']).toMatchObject({ anyOf: [{ type: 'string', format: 'binary' }, { type: 'string' }] });
  });

  it('can be malformed where it is taken', () => {
    const answering = dataOperations.filter((operation) => codesOf('data', operation).includes('request_malformed_cbor')).map(({ id }) => id);
    expect(answering.sort()).toEqual(['publish', 'publishToQueue', 'receive', 'settle']);
  });
});
