import { Controller } from '@nestjs/common';
import { getInstallation, getOpenApiDocument, openApiDocument } from '@waybill/contracts';
import type { Reply } from '@waybill/contracts';
import { systemClock } from '@waybill/kernel';
import { Endpoint } from '@waybill/platform';
import { Installation } from './installation.js';

@Controller()
export class DocumentController {
  readonly #document: Record<string, unknown>;

  constructor(private readonly installation: Installation) {
    this.#document = openApiDocument('control', installation.publicUrl);
  }

  @Endpoint(getOpenApiDocument)
  read(): Record<string, unknown> {
    return this.#document;
  }

  @Endpoint(getInstallation)
  installed(): Reply<typeof getInstallation> {
    return { now: new Date(systemClock.nowMs()).toISOString(), demonstration: this.installation.isDemonstration };
  }
}
