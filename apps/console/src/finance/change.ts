/** In whole per cent of the month before; "new" where there was nothing. */
export function changeOf(now: bigint, before: bigint): string {
  if (before === 0n) return now === 0n ? '–' : 'new';
  const percent = ((now - before) * 100n) / before;
  return `${percent > 0n ? '+' : ''}${percent} %`;
}
