#!lua
-- task-create: note work on many messages of a queue for the workers.
-- KEYS  1 tasks (zset by creation)   2 running (zset by creation)   3 task (hash)   4 queue (hash)   5 position
-- ARGV  1 task id   2 JSON of what is asked for   3 most tasks running at once
-- Reply {'created', now ms} | {'limit_reached'} | {'queue_not_found'}
--@include position.lua
if redis.call('EXISTS', KEYS[4]) == 0 then return { 'queue_not_found' } end
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[3]) then return { 'limit_reached' } end
local now_ms = clock_ms()
-- What comes later than this position is not touched, or a redrive of messages that die again would never end.
redis.call('HSET', KEYS[3], 'spec', ARGV[2], 'state', 'running', 'createdMs', integer(now_ms), 'upTo', redis.call('GET', KEYS[5]) or '0')
redis.call('ZADD', KEYS[1], now_ms, ARGV[1])
redis.call('ZADD', KEYS[2], now_ms, ARGV[1])
return { 'created', now_ms }
