/** The bytes of a body as the API shows it. */
export function bytesOf({ body = '', bodyEncoding = 'utf8' }: { readonly body?: string | undefined; readonly bodyEncoding?: 'utf8' | 'base64' | undefined }): Uint8Array {
  return new Uint8Array(Buffer.from(body, bodyEncoding));
}
