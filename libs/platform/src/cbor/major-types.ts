/** RFC 8949 §3.1: the upper three bits of an initial byte. */
export const major = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;
