const blockBytes = 512;
const padded = (bytes: number): number => Math.ceil(bytes / blockBytes) * blockBytes;
/** Two blocks of zeros end an archive (POSIX.1-1988, ustar). */
export const tarEnd: Buffer = Buffer.alloc(2 * blockBytes);

/** One file of a tar archive in the format ustar, readable by its owner. Fails for a name that does not fit, over 100 bytes. */
export function tarEntry(name: string, body: Buffer, changedMs: number): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`the name ${name} is too long for an archive`);
  const head = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, digits: number) => head.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1');
  head.write(name, 0);
  octal(0o600, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(body.length, 124, 11);
  octal(Math.floor(changedMs / 1_000), 136, 11);
  // The checksum is over the head with spaces in its own place.
  head.write('        0', 148, 'latin1');
  head.write('ustar\x0000', 257, 'latin1');
  head.write(`${head.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([head, body], blockBytes + padded(body.length));
}
