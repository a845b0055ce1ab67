import { z } from 'zod';
import { operation } from './operation.js';

export const getOpenApiDocument = operation({
  id: 'getOpenApiDocument', tag: 'Document', method: 'GET', path: '/api/v1/openapi.json', permission: 'public', status: 200,
  summary: 'This document', reply: z.record(z.string(), z.unknown()), errors: [],
});
