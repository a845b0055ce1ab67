#!lua flags=no-writes
-- due: queues in which a lease or a delay may have ended.
-- KEYS  1 due (zset)
-- ARGV  1 most queues
-- Reply {queue id, ...}
--@include position.lua
return redis.call('ZRANGE', KEYS[1], '-inf', clock_ms(), 'BYSCORE', 'LIMIT', 0, ARGV[1])
