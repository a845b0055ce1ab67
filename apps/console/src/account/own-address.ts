/** Only an address of this console is followed; `//other.example` is somebody else's. */
export function ownAddress(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])/.test(next) ? next : '/';
}
