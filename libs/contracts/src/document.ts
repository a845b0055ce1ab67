import { z } from 'zod';
import { timestamp } from './fields.js';
import { operation } from './operation.js';

export const getOpenApiDocument = operation({
  id: 'getOpenApiDocument', tag: 'Document', method: 'GET', path: '/api/v1/openapi.json', permission: 'public', status: 200,
  summary: 'This document', reply: z.record(z.string(), z.unknown()), errors: [],
});

export const getInstallation = operation({
  id: 'getInstallation', tag: 'Document', method: 'GET', path: '/api/v1/installation', permission: 'public', status: 200, summary: 'What time it is here, and whether this is a demonstration',
  reply: z.object({ now: timestamp, demonstration: z.boolean().meta({ description: 'Its clock is moved by hand, and no money moves' }) }).meta({ id: 'Installation' }), errors: [],
});
