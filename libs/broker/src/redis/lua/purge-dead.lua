#!lua flags=allow-oom
-- purge-dead: remove the oldest dead letters, one bounded step.
-- KEYS  1 queue (hash)   2 dead (stream)
-- ARGV  1 most messages
-- Reply {'purged', removed} | {'queue_not_found'}
if redis.call('EXISTS', KEYS[1]) == 0 then return { 'queue_not_found' } end
local keep = math.max(0, redis.call('XLEN', KEYS[2]) - tonumber(ARGV[1]))
return { 'purged', redis.call('XTRIM', KEYS[2], 'MAXLEN', keep) }
