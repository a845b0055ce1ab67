#!lua flags=allow-oom
-- idle: how long nobody published to the queue or received from it; and, when that is long enough and it is empty, close it:
-- for the next moments publishing waits for its deletion instead of storing into what is about to go (publish.lua).
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id   2 ms after which an empty queue is closed, '' never
-- Reply {'idle' | 'closed', ms, messages stored in any state} | {'queue_not_found'}
--@include position.lua
--@include queue.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
local now_ms = clock_ms()
local used = tonumber(redis.call('HGET', q.hash, 'usedMs') or '0')
if used == 0 then
  -- The clock starts when it is first looked at.
  used = now_ms
  redis.call('HSET', q.hash, 'usedMs', now_ms)
end
if redis.call('EXISTS', q.messages) == 1 then
  local info = redis.call('XINFO', 'STREAM', q.messages)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      used = math.max(used, math.floor(tonumber(string.match(info[i + 1], '^%d+')) / 4096) + 1767225600000)
    end
  end
end
local idle_ms, messages = math.max(0, now_ms - used), redis.call('XLEN', q.messages) + redis.call('XLEN', q.dead)
if ARGV[2] ~= '' and messages == 0 and idle_ms >= tonumber(ARGV[2]) then
  redis.call('HSET', q.hash, 'closedMs', now_ms)
  return { 'closed', idle_ms, messages }
end
return { 'idle', idle_ms, messages }
