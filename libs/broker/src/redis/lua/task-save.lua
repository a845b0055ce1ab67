#!lua flags=allow-oom
-- task-save: write down what a worker did of a task and what it does next, and keep the task for it.
-- KEYS  1 task (hash)   2 running (zset)
-- ARGV  1 worker   2 task id   3 ms for which the task stays this worker's; 0 gives it back   4 ms an ended task is kept
--       5 '' | 'done' | 'failed'   6 scanned   7 matched   8 done   9 refused, each to be added   10.. field, value
-- Reply {'saved', now ms} | {'cancelled'} | {'lost'}: another worker has it, or it is gone
--@include position.lua
local state, owner = unpack(redis.call('HMGET', KEYS[1], 'state', 'owner'))
if owner ~= ARGV[1] or (state ~= 'running' and state ~= 'cancelled') then return { 'lost' } end
for i, name in ipairs({ 'scanned', 'matched', 'done', 'refused' }) do
  if ARGV[5 + i] ~= '0' then redis.call('HINCRBY', KEYS[1], name, ARGV[5 + i]) end
end
if state == 'cancelled' then return { 'cancelled' } end
local now_ms = clock_ms()
redis.call('HSET', KEYS[1], 'ownedUntilMs', integer(now_ms + ARGV[3]))
for i = 10, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[1], 'state', ARGV[5], 'endedMs', integer(now_ms))
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  redis.call('ZREM', KEYS[2], ARGV[2])
end
return { 'saved', now_ms }
