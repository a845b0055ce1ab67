import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { notSet, read, readByGateway, reference, writableFolders } from './deployed-settings.js';
import { root, sourceFiles } from './files.js';

const { configSchema, settings } = await import('@waybill/platform');

const chart = 'infra/helm/waybill';
const file = (name: string) => read(`${chart}/${name}`);
const names = file('templates/_names.tpl');
const pod = file('templates/_pod.tpl');
const processes = { 'control-plane': 'controlPlanePort', gateway: 'gatewayPort', worker: 'workerPort' } as const;

/** The words of a template that is a list of them. */
function listed(name: string): string[] {
  return new RegExp(`define "waybill\\.${name}" -}}\\n([^{]*)\\n{{`).exec(names)?.[1]?.split(' ') ?? [];
}
const required = listed('requiredSecrets');
const everyones = [...required, ...listed('commonSecrets')];
const secrets = [...everyones, ...listed('businessSecrets')];
const business = listed('businessSettings');
const fixed = [...(/\$fixed := list ([^\n]*?) -}}/.exec(file('templates/settings.yaml'))?.[1] ?? '').matchAll(/"(\w+)"/g)].map(([, name]) => name ?? '');

describe('the chart', () => {
  it('has every secret setting in a Secret, and no other one', () => {
    expect([...secrets].sort()).toEqual(reference.filter(({ secret }) => secret).map(({ name }) => name).sort());
  });

  it('wants the secrets without which a process does not start', () => {
    expect(required).toEqual(['DATABASE_URL', 'REDIS_URL', 'DATA_TOKEN_SECRET', 'SECRETS_KEYS']);
    expect(file('values.yaml')).toContain(`A Secret of yours with ${required.slice(0, -1).join(', ')} and ${required.at(-1)}`);
  });

  it('keeps from the gateway exactly what it does not read', () => {
    const gateways = readByGateway();
    const kept = reference.filter(({ name, secret }) => !secret && !gateways.includes(name) && !fixed.includes(name)).map(({ name }) => name);
    expect([...business].sort()).toEqual(kept.sort());
    expect(gateways.filter((name) => business.includes(name) || listed('businessSecrets').includes(name))).toEqual([]);
  });

  it('fixes what is the same in every container, and knows no setting that is none', () => {
    const known = new Set(settings.map(({ name }) => name));
    expect([...fixed].sort()).toEqual(['NODE_ENV', 'HOST', 'PUBLIC_URL', 'GATEWAY_PUBLIC_URL', ...Object.keys(notSet)].sort());
    expect([...secrets, ...business, ...fixed].filter((name) => !known.has(name))).toEqual([]);
  });

  it.each(Object.entries(processes))('starts the file that the build of %s makes, on its port', (name, key) => {
    const { [key]: port } = configSchema.parse({});
    expect(file(`templates/${name}.yaml`)).toMatch(new RegExp(`include "waybill\\.pod" \\(list \\. \\.Values\\.\\w+ "${name}" ${port} ${name !== 'gateway'}\\)`));
    expect(file(`templates/${name}.yaml`)).toContain(`- { name: http, port: ${port}, targetPort: http }`);
    expect(existsSync(path.join(root, `apps/${name}/src/main.ts`))).toBe(true);
  });

  it('starts processes with the flags of the compose file', () => {
    const { services } = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, { command: string[] }> };
    const command = /command: \[([^\]]*)\]/.exec(pod)?.[1]?.split(', ') ?? [];
    for (const name of Object.keys(processes)) expect(command.map((word) => word.replace('{{ $process }}', name))).toEqual(services[name]?.command);
  });

  it('mounts volumes where the image lets its user write', () => {
    const mounted = [...pod.matchAll(/mountPath: (\/var[^ ]*) /g)].map(([, folder]) => folder ?? '');
    expect(mounted.sort()).toEqual([...writableFolders()].sort());
    expect(pod).toContain(`BODY_STORE_URL, value: 'file://${mounted[0]}'`);
    expect(file('templates/settings.yaml')).toContain(`EXPORT_FOLDER: ${mounted[1]}\n`);
  });

  it('describes each of its values in the schema, and uses none that it does not have', () => {
    const values = parse(file('values.yaml')) as Record<string, unknown>;
    const schema = JSON.parse(file('values.schema.json')) as { properties: Record<string, unknown>; required: string[] };
    expect(Object.keys(values).filter((name) => !(name in schema.properties))).toEqual([]);
    expect(schema.required.filter((name) => !(name in values))).toEqual([]);
    const used = sourceFiles(`${chart}/templates/*`).flatMap((template) => [...read(template).matchAll(/\.Values((?:\.\w+)+)/g)].map(([, place]) => (place ?? '').slice(1)));
    const known = (place: string) => place.split('.').reduce<unknown>((at, part) => (at === undefined ? undefined : (at as Record<string, unknown>)[part]), values) !== undefined;
    expect([...new Set(used)].filter((place) => !known(place))).toEqual([]);
  });
});
