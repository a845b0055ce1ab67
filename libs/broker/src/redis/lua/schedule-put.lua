#!lua
-- schedule-put: write a schedule; one that did not change keeps its next run.
-- KEYS  1 schedules (hash)   2 due (zset)
-- ARGV  1 name   2 definition, JSON   3 next run ms, '' while paused   4 most schedules
-- Reply {'created'} | {'changed'} | {'unchanged'} | {'limit_reached'}
local before = redis.call('HGET', KEYS[1], ARGV[1])
if before == ARGV[2] then return { 'unchanged' } end
if not before and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then return { 'limit_reached' } end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if ARGV[3] == '' then redis.call('ZREM', KEYS[2], ARGV[1]) else redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1]) end
return { before and 'changed' or 'created' }
