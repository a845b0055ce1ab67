/** Polls until the check passes and returns what it gave; its last failure is thrown after the deadline. */
export async function eventually<T>(check: () => Promise<T> | T, deadlineMs = 5_000): Promise<T> {
  const untilMs = Date.now() + deadlineMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
