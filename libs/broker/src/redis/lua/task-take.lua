#!lua flags=allow-oom
-- task-take: one worker at a time carries a task on; it takes over from one that fell silent.
-- KEYS  1 task (hash)
-- ARGV  1 worker   2 ms for which the task is this worker's
-- Reply {'taken', now ms, field, value, ...} | {'busy'} | {'ended'}
--@include position.lua
local state, owner, until_ms = unpack(redis.call('HMGET', KEYS[1], 'state', 'owner', 'ownedUntilMs'))
if state ~= 'running' then return { 'ended' } end
local now_ms = clock_ms()
if owner and owner ~= ARGV[1] and tonumber(until_ms) > now_ms then return { 'busy' } end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'ownedUntilMs', integer(now_ms + ARGV[2]))
local reply = { 'taken', now_ms }
for _, part in ipairs(redis.call('HGETALL', KEYS[1])) do reply[#reply + 1] = part end
return reply
