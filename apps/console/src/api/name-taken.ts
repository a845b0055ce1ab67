import { isNotFound } from './failure.js';

/** Something of this name is there already. */
export class NameTaken extends Error {
  constructor(name: string) {
    super(`"${name}" exists already. Choose another name.`);
    this.name = 'NameTaken';
  }
}

/**
 * The API's PUT also changes, or silently keeps, what exists; a person who fills in a "create" form means neither.
 * @param lookup finds the thing, or fails with a 404 when the name is free
 */
export async function refuseTakenName(name: string, lookup: () => Promise<unknown>): Promise<void> {
  try {
    await lookup();
  } catch (error) {
    if (isNotFound(error)) return;
    throw error;
  }
  throw new NameTaken(name);
}
