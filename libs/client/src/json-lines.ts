/** One JSON object per line, as bytes. Ends with the source; a source that throws breaks the request off. */
export function linesOf(objects: AsyncIterable<unknown> | Iterable<unknown>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  async function* encoded(): AsyncGenerator<Uint8Array> {
    for await (const one of objects) yield encoder.encode(`${JSON.stringify(one)}\n`);
  }
  return ReadableStream.from(encoded()) as ReadableStream<Uint8Array>;
}

/** The text lines of a stream of bytes, without their ends; a line may come in any number of pieces. */
export async function* textLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let begun: string[] = [];
  for await (const bytes of stream) {
    // Only what is new is searched: a long line in many pieces costs its length once.
    const [first = '', ...others] = decoder.decode(bytes, { stream: true }).split('\n');
    begun.push(first);
    for (const next of others) {
      yield withoutReturn(begun.join(''));
      begun = [next];
    }
  }
  const rest = begun.join('') + decoder.decode();
  if (rest !== '') yield withoutReturn(rest);
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);
