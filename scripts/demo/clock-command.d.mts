export function clockCommand(words: readonly string[], write: (line: string) => void): Promise<void>;
/** The moment that a word of the command names, ms. Throws the usage for one it does not know. */
export function targetOf(word: string, nowMs: number): number;
