import { Controller } from '@nestjs/common';
import { getOpenApiDocument, openApiDocument } from '@waybill/contracts';
import { Endpoint } from '@waybill/platform';
import { Installation } from './installation.js';

@Controller()
export class DocumentController {
  readonly #document: Record<string, unknown>;

  constructor(installation: Installation) {
    this.#document = openApiDocument('control', installation.publicUrl);
  }

  @Endpoint(getOpenApiDocument)
  read(): Record<string, unknown> {
    return this.#document;
  }
}
