/** The few answers of S3 that are read are flat and machine-made; a parser would be the larger risk. */
export function elements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(([, inner]) => inner as string);
}

/** The text of the first element of the name; undefined when there is none. */
export function field(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml);
  return found?.[1]?.replace(/&(amp|lt|gt|quot|apos|#(\d+));/g, (_whole, entity: string, code?: string) => (code === undefined ? entities[entity] ?? '' : String.fromCodePoint(Number(code))));
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
