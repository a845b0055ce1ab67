import { z } from 'zod';
import { receivedMessage, settleBody, settleResult } from './consuming.js';
import { problemSchema } from './problem.js';

/** Most messages a stream may hold leased and not settled. */
export const streamCreditLimit = 1000;
/** Bytes of one frame a client may send. */
export const clientFrameLimitBytes = 256 * 1024;
/** How often a stream shows that it lives: a comment in server-sent events, a ping on a socket. */
export const streamHeartbeatSeconds = 15;

const frameId = z.string().min(1).max(64).meta({ description: 'Chosen by the client, repeated in the answer' });

export const creditFrame = z
  .object({ action: z.literal('credit'), credit: z.int().min(0).max(streamCreditLimit).meta({ description: 'Most messages leased through this socket and not settled; 0 stops the flow' }) })
  .strict()
  .meta({ id: 'CreditFrame' });
export const settleFrame = settleBody
  .extend({ action: z.literal('settle'), id: frameId })
  .strict()
  .meta({ id: 'SettleFrame', description: 'Carried out as the settle call; the answer is a SettledFrame with the same id. Frames are answered as they are done, not always in the order sent.' });
export const pingFrame = z.object({ action: z.literal('ping') }).strict().meta({ id: 'PingFrame' });

/** What a client may send on a socket, one JSON text per frame. */
export const clientFrame = z.discriminatedUnion('action', [creditFrame, settleFrame, pingFrame]);
export type ClientFrame = z.output<typeof clientFrame>;

export const messageFrame = z.object({ type: z.literal('message'), message: receivedMessage }).meta({ id: 'MessageFrame' });
export const settledFrame = z.object({ type: z.literal('settled'), id: frameId, results: z.array(settleResult) }).meta({ id: 'SettledFrame' });
export const pausedFrame = z.object({ type: z.literal('paused') }).meta({ id: 'PausedFrame', description: 'The queue hands nothing out now. The stream stays open; the next message says that it goes on.' });
export const pongFrame = z.object({ type: z.literal('pong') }).meta({ id: 'PongFrame' });
export const problemFrame = z
  .object({ type: z.literal('problem'), id: frameId.optional().meta({ description: 'Of the frame it answers, where it has one' }), problem: problemSchema })
  .meta({ id: 'ProblemFrame', description: 'A frame was not carried out, or why the stream ends.' });

/** What the gateway sends on a socket, one JSON text per frame. */
export const serverFrame = z.discriminatedUnion('type', [messageFrame, settledFrame, pausedFrame, pongFrame, problemFrame]);
export type ServerFrame = z.output<typeof serverFrame>;
