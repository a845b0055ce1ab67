#!lua flags=allow-oom
-- forget: take a namespace off the list of active ones, unless a gateway marked it since it was looked at.
-- KEYS  1 active namespaces (zset)
-- ARGV  1 namespace id   2 mark (ms) it had when it was found idle
-- Reply 1 forgotten | 0 marked again
if redis.call('ZSCORE', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('ZREM', KEYS[1], ARGV[1])
