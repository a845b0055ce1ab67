export const clockKey: string;
export const clockChannel: string;
/** An expression of Lua for the demonstration's time, as `TIME` answers it. */
export const demoTime: string;
/** A script of the product as a demonstration runs it. */
export function inDemoTime(source: string): string;
