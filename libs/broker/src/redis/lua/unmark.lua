#!lua flags=allow-oom
-- unmark: take a namespace off a list of those with work, or note when to look again, unless it was marked since.
-- KEYS  1 marks (zset over namespaces)
-- ARGV  1 namespace id   2 mark it had when it was looked at   3 new mark, '' to take it off
-- Reply {1 done | 0 marked again}
if redis.call('ZSCORE', KEYS[1], ARGV[1]) ~= ARGV[2] then return { 0 } end
if ARGV[3] == '' then return { redis.call('ZREM', KEYS[1], ARGV[1]) } end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
return { 1 }
