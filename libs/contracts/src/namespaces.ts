import { z } from 'zod';
import { readErrors } from './call-errors.js';
import { namespaceParams } from './fields.js';
import { namespaceSchema } from './identity.js';
import { operation } from './operation.js';

const tag = 'Namespaces';

const settings = {
  messageLog: z.boolean().meta({ description: 'Whether what happens to each message is logged: the timeline, the search and the proof under an invoice line read it' }),
};

export const namespaceSettingsSchema = namespaceSchema.extend(settings).meta({ id: 'NamespaceSettings' });
export type NamespaceSettings = z.output<typeof namespaceSettingsSchema>;

export const getNamespace = operation({
  id: 'getNamespace', tag, method: 'GET', path: '/api/v1/namespaces/{namespace}', permission: 'topology:read', status: 200,
  summary: 'One namespace with its settings', params: namespaceParams, reply: namespaceSettingsSchema, errors: readErrors,
});
export const changeNamespace = operation({
  id: 'changeNamespace', tag, method: 'PATCH', path: '/api/v1/namespaces/{namespace}', permission: 'topology:write', status: 200,
  summary: 'Change settings of a namespace; in force when answered', params: namespaceParams,
  body: z.object(settings).strict(), reply: namespaceSettingsSchema,
  errors: [...readErrors, 'cross_site_refused', 'request_malformed_json', 'request_invalid', 'topology_not_published'],
});
