import helmet from '@fastify/helmet';
import type { FastifyHelmetOptions } from '@fastify/helmet';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from './config.js';

/**
 * Headers for an app that serves the console. Scripts come from this origin only; Mantine writes style attributes
 * and style elements, hence 'unsafe-inline' for styles; the console also calls the gateway. HSTS is sent with https only.
 */
export async function secureHeaders(app: NestFastifyApplication, config: Pick<Config, 'publicUrl' | 'gatewayPublicUrl'>): Promise<void> {
  const https = new URL(config.publicUrl).protocol === 'https:';
  const gateway = new URL(config.gatewayPublicUrl);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'", gateway.origin, gateway.origin.replace(/^http/, 'ws')],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        ...(https ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    strictTransportSecurity: https ? { maxAge: 31_536_000, includeSubDomains: true } : false,
    frameguard: { action: 'deny' },
    // With 'no-referrer' browsers send `Origin: null` with the console's own requests, and refuseCrossSite needs it.
    referrerPolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: false,
  });
}

/** What a route's headers differ in from those of the app. */
export type PageHeaders = Omit<FastifyHelmetOptions, 'global'>;

/**
 * What differs for the portal, the one page that others may hold in a frame: who may is a setting, the logo of a theme
 * may come from anywhere by https, and nothing but this origin is called. X-Frame-Options knows no list, so it is left out.
 */
export function portalHeaders(config: Pick<Config, 'publicUrl' | 'portalFrameAncestors'>): PageHeaders {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'https:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: config.portalFrameAncestors.split(' '),
        ...(new URL(config.publicUrl).protocol === 'https:' ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    frameguard: false,
    referrerPolicy: { policy: 'no-referrer' },
  };
}
