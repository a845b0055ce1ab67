#!lua flags=no-writes
-- state: how far the sealed batches and the open counters of a namespace reach back.
-- KEYS  1 open usage (hash)   2 sealed batches (list)   3 parked batches (list)
-- ARGV  -
-- Reply {now ms, open (0 or 1), oldest sealed id or '', oldest parked id or ''}
local now = redis.call('TIME')
return {
  string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000)), tostring(redis.call('EXISTS', KEYS[1])),
  redis.call('LINDEX', KEYS[2], 0) or '', redis.call('LINDEX', KEYS[3], 0) or '',
}
