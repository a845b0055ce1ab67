/** How far the server is ahead of this browser: a wrong clock here, or a demonstration's there. */
let aheadMs = 0;

/** Takes over the server's time. `askedAtMs`, `answeredAtMs`: this browser's clock around the call; the server answered between them. */
export function tellServerTime(now: string, askedAtMs: number, answeredAtMs: number): void {
  aheadMs = Date.parse(now) - (askedAtMs + answeredAtMs) / 2;
}

/** What time it is for the server: what its moments are compared with, and which month runs. */
export function serverNowMs(): number {
  return Date.now() + aheadMs;
}
