import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import { invalid } from '../stripe-failure.js';

type Schema = Record<string, unknown>;
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>>;
}
interface Document {
  readonly info: { readonly 'x-source': { readonly package: string; readonly apiVersion: string } };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** An answer of the double that Stripe could not have given: a fault of the double, which ends the run. */
export class ContractBroken extends Error {}

/**
 * The contract data, when the file is there: which paths exist, what a request may carry, what an answer looks like.
 * Schemas are compiled when first needed and kept.
 */
export class Contract {
  readonly #document: Document;
  readonly #ajv = new Ajv({ strict: false, coerceTypes: true, allErrors: true });
  readonly #answers = new Ajv({ strict: false, allErrors: true });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(file: string) {
    this.#document = JSON.parse(readFileSync(file, 'utf8')) as Document;
    const components = withNull({ $id: 'contract', components: this.#document.components }) as Schema;
    for (const ajv of [this.#ajv, this.#answers]) {
      ajv.addFormat('unix-time', true);
      ajv.addFormat('decimal', true);
      ajv.addSchema(components);
    }
  }

  /** Package and version the contract was derived from, `stripe@23.1.0`. */
  get source(): string {
    return this.#document.info['x-source'].package;
  }

  get apiVersion(): string {
    return this.#document.info['x-source'].apiVersion;
  }

  /** Every operation, `POST /v1/customers/{id}`. */
  operations(): string[] {
    return Object.entries(this.#document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  }

  /** Throws the 400 Stripe would answer. Values are turned into the types of the contract, as far as they fit. */
  checkRequest(operation: string, params: Record<string, unknown>): void {
    const validate = this.#validator(`request ${operation}`, this.#ajv, () => this.#requestSchema(operation));
    if (validate(params)) return;
    const faults = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'anyOf' && keyword !== 'type');
    const first = faults[0] ?? validate.errors?.[0];
    const extra = (first?.params as { additionalProperty?: string; missingProperty?: string } | undefined) ?? {};
    const param = [...(first?.instancePath ?? '').split('/').slice(1), ...[extra.additionalProperty ?? extra.missingProperty ?? []].flat()].join('.');
    throw invalid(`${extra.additionalProperty ? 'Received unknown parameter' : 'Invalid parameter'}: ${param}: ${first?.message ?? ''}`, param, extra.additionalProperty ? 'parameter_unknown' : extra.missingProperty ? 'parameter_missing' : undefined);
  }

  /** Throws ContractBroken. */
  checkAnswer(operation: string, status: number, body: unknown): void {
    const validate = this.#validator(`${status < 300 ? 'answer' : 'error'} ${operation}`, this.#answers, () => this.#answerSchema(operation, status));
    if (!validate(body)) throw new ContractBroken(`the answer of ${operation} breaks the contract: ${this.#answers.errorsText(validate.errors)}`);
  }

  /** An object by the name of its schema, for what travels in a webhook. Throws ContractBroken. */
  checkObject(schema: string, body: unknown): void {
    const validate = this.#validator(`object ${schema}`, this.#answers, () => ({ $ref: `contract#/components/schemas/${schema}` }));
    if (!validate(body)) throw new ContractBroken(`an object ${schema} breaks the contract: ${this.#answers.errorsText(validate.errors)}`);
  }

  #validator(key: string, ajv: Ajv, schema: () => Schema): ValidateFunction {
    let validate = this.#compiled.get(key);
    if (!validate) this.#compiled.set(key, (validate = ajv.compile(schema())));
    return validate;
  }

  #operation(operation: string): Operation {
    const [method = '', path = ''] = operation.split(' ');
    const found = this.#document.paths[path]?.[method.toLowerCase()];
    if (!found) throw new ContractBroken(`${operation} is not in the contract`);
    return found;
  }

  #requestSchema(operation: string): Schema {
    const { parameters = [], requestBody } = this.#operation(operation);
    const content = requestBody?.content['application/x-www-form-urlencoded'] ?? requestBody?.content['application/json'];
    if (content) return refer(withNull(content.schema)) as Schema;
    const query = parameters.filter((parameter) => parameter.in === 'query');
    return refer(
      withNull({
        type: 'object', additionalProperties: false,
        properties: Object.fromEntries(query.map(({ name, schema }) => [name, schema])),
        required: query.filter(({ required }) => required).map(({ name }) => name),
      }),
    ) as Schema;
  }

  #answerSchema(operation: string, status: number): Schema {
    const { responses } = this.#operation(operation);
    const answer = status < 300 ? responses['200'] : responses['default'];
    return refer(withNull(answer?.content?.['application/json']?.schema ?? {})) as Schema;
  }
}

/** OpenAPI 3.0 says `nullable`; JSON Schema says it as a type. */
function withNull(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withNull);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { nullable, ...rest } = schema as Schema;
  const inner = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, withNull(value)]));
  return nullable === true ? { anyOf: [inner, { type: 'null' }] } : inner;
}

/** References of an operation's schema lead into the contract. */
function refer(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(refer);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, key === '$ref' && typeof value === 'string' ? `contract${value}` : refer(value)]));
}
