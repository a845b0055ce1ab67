import { Badge } from '@mantine/core';
import { useEffect, useState } from 'react';
import { serverNowMs } from '../words/server-time.js';
import { duration } from '../words/time.js';

/** Below this the clock asks for attention. */
const shortMs = 10_000;

/** Counts a lease down. By this device's clock: the gateway's word on settling is the one that holds. */
export function LeaseClock({ until }: { until: string }) {
  const [nowMs, setNowMs] = useState(serverNowMs);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(serverNowMs()), 500);
    return () => clearInterval(timer);
  }, []);
  const leftMs = Date.parse(until) - nowMs;
  return (
    <Badge role="timer" color={leftMs <= 0 ? 'red' : leftMs < shortMs ? 'yellow' : 'petrol'} className="figure">
      {leftMs <= 0 ? 'Lease has run out' : `Lease ends in ${duration(Math.max(1_000, leftMs))}`}
    </Badge>
  );
}
