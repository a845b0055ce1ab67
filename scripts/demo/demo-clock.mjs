/**
 * The clock of a demonstration: how far its installation is ahead of the machine, in whole seconds, kept in its Redis under
 * one key. Its stores and processes add it to the time they tell; nothing of this is in the product
 * (docs/adr/0028-the-clock-of-a-demonstration.md).
 */
export const clockKey = 'waybill:demo-clock';
/** Told here at once when it is set. */
export const clockChannel = 'waybill:demo-clock';

const machineTime = "redis.call('TIME')";
const offset = `tonumber(redis.call('GET', '${clockKey}') or 0)`;
/** An expression, so that a script that reads the time in two places is served as well. */
export const demoTime = `(function() local t = ${machineTime} t[1] = string.format('%.0f', t[1] + ${offset}) return t end)()`;
/** Entries of a stream take their moment from the server unless they are given it. */
const demoEntry = `(function() local t = ${machineTime} return string.format('%.0f-*', (t[1] + ${offset}) * 1000 + math.floor(t[2] / 1000)) end)()`;

/** A script of the product as a demonstration runs it. @param {string} source */
export function inDemoTime(source) {
  return source.replaceAll(machineTime, demoTime).replace(/(redis\.call\('XADD', [^,]+, )'\*'/g, (_match, before) => `${before}${demoEntry}`);
}
