#!lua flags=allow-oom
-- task-cancel: stop a task; one that has ended stays as it is.
-- KEYS  1 task (hash)   2 running (zset)
-- ARGV  1 task id   2 ms an ended task is kept
-- Reply {'task', field, value, ...} | {'task_not_found'}
--@include position.lua
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return { 'task_not_found' } end
if state == 'running' then
  redis.call('HSET', KEYS[1], 'state', 'cancelled', 'endedMs', integer(clock_ms()))
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  redis.call('ZREM', KEYS[2], ARGV[1])
end
local reply = { 'task' }
for _, part in ipairs(redis.call('HGETALL', KEYS[1])) do reply[#reply + 1] = part end
return reply
