export type TestServer = 'WAYBILL_TEST_DATABASE_URL' | 'WAYBILL_TEST_REDIS_URL';

/** Address of a real server for integration specs: a superuser's URL of PostgreSQL, or Redis. `npm test` sets both. */
export function testServer(name: TestServer): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: integration specs need real stores; run them with "npm test"`);
  return value;
}
