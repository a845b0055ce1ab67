import { keyScopes } from '@waybill/kernel';
import { z } from 'zod';
import { emailAddress, namespaceParams, resourceName, timestamp } from './fields.js';
import { operation } from './operation.js';

const tag = 'Identity';

export const roles = ['owner', 'admin', 'developer', 'operator', 'billing', 'auditor'] as const;
export type Role = (typeof roles)[number];
export const operatorRoles = ['finance', 'finance_approver', 'support'] as const;

export const namespaceSchema = z
  .object({ id: z.string(), name: z.string(), environment: z.enum(['live', 'test']), createdAt: timestamp })
  .meta({ id: 'Namespace' });

export const accountSchema = z
  .object({
    user: z.object({ id: z.string(), email: z.string() }),
    operator: z.enum(operatorRoles).nullable().meta({ description: 'Role in the company that runs this installation; null for everyone else' }),
    tenants: z.array(z.object({ id: z.string(), name: z.string(), role: z.enum(roles), namespaces: z.array(namespaceSchema) })),
  })
  .meta({ id: 'Account' });
export type Account = z.output<typeof accountSchema>;

const password = z.string().min(1).max(256).meta({ description: '10 to 256 characters; any are allowed.' });

export const signUp = operation({
  id: 'signUp', tag, method: 'POST', path: '/api/v1/sign-up', permission: 'public', status: 201,
  summary: 'Create a person, a tenant and its first namespace, and sign in',
  body: z.object({ email: emailAddress, password, tenantName: z.string().trim().min(1).max(80) }),
  reply: accountSchema,
  errors: ['request_malformed_json', 'request_invalid', 'email_taken', 'password_too_weak', 'sign_in_rate_limited', 'cross_site_refused'],
});

export const signIn = operation({
  id: 'signIn', tag, method: 'POST', path: '/api/v1/session', permission: 'public', status: 200,
  summary: 'Sign in; the answer sets the session cookie',
  body: z.object({ email: emailAddress, password }),
  reply: accountSchema,
  errors: ['request_malformed_json', 'request_invalid', 'credentials_wrong', 'sign_in_rate_limited', 'cross_site_refused'],
});

export const getAccount = operation({
  id: 'getAccount', tag, method: 'GET', path: '/api/v1/session', permission: 'signed_in', status: 200,
  summary: 'Who is signed in, with tenants and namespaces', reply: accountSchema, errors: ['auth_required', 'session_expired'],
});

export const signOut = operation({
  id: 'signOut', tag, method: 'DELETE', path: '/api/v1/session', permission: 'signed_in', status: 204,
  summary: 'End the session', errors: ['auth_required', 'session_expired', 'cross_site_refused'],
});

export const apiKeySchema = z
  .object({
    id: z.string().meta({ description: 'Public id, the second part of the key' }),
    name: z.string(),
    scopes: z.array(z.enum(keyScopes)),
    preview: z.string().meta({ description: 'How the key begins', example: 'wb_test_06f1v3kq9x2m…' }),
    createdAt: timestamp,
    expiresAt: timestamp.nullable(),
    revokedAt: timestamp.nullable(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.output<typeof apiKeySchema>;

const shared = ['auth_required', 'session_expired', 'permission_missing', 'namespace_not_found'] as const;

export const listApiKeys = operation({
  id: 'listApiKeys', tag, method: 'GET', path: '/api/v1/namespaces/{namespace}/keys', permission: 'keys:read', status: 200,
  summary: 'API keys of a namespace, newest first', params: namespaceParams,
  reply: z.object({ items: z.array(apiKeySchema) }), errors: [...shared],
});

export const createApiKey = operation({
  id: 'createApiKey', tag, method: 'POST', path: '/api/v1/namespaces/{namespace}/keys', permission: 'keys:write', status: 201,
  summary: 'Create an API key; the secret is in this answer and nowhere else', params: namespaceParams,
  body: z.object({ name: resourceName, scopes: z.array(z.enum(keyScopes)).min(1), expiresAt: timestamp.optional() }),
  reply: apiKeySchema.extend({ secret: z.string().meta({ description: 'The whole key, shown once.' }) }).meta({ id: 'CreatedApiKey' }),
  errors: [...shared, 'request_malformed_json', 'request_invalid', 'name_invalid', 'limit_reached', 'topology_not_published', 'cross_site_refused'],
});

export const revokeApiKey = operation({
  id: 'revokeApiKey', tag, method: 'DELETE', path: '/api/v1/namespaces/{namespace}/keys/{key}', permission: 'keys:write', status: 204,
  summary: 'Revoke an API key; every gateway refuses it within 5 seconds', params: namespaceParams.extend({ key: z.string() }),
  errors: [...shared, 'api_key_not_found', 'topology_not_published', 'cross_site_refused'],
});

export const createDataToken = operation({
  id: 'createDataToken', tag, method: 'POST', path: '/api/v1/namespaces/{namespace}/data-tokens', permission: 'topology:read', status: 201,
  summary: 'A token of a few minutes with which a browser calls the gateway', params: namespaceParams,
  reply: z.object({ token: z.string(), expiresAt: timestamp, gatewayUrl: z.string() }).meta({ id: 'DataToken' }),
  errors: [...shared, 'cross_site_refused'],
});
