#!lua flags=allow-oom
-- park: hand out nothing of one group, or let it go on with the message at its head counted from 0 again.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id   2 group   3 reason, '' to unpark
-- Reply {'parked'} | {'unparked'} | {'queue_not_found'} | {'unsuitable'} | {'group_not_found'}
--@include position.lua
--@include queue.lua
--@include line.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
if not q.grouped then return { 'unsuitable' } end
local group = ARGV[2]
local head = head_of(q, group)
if ARGV[3] ~= '' then
  if not head and redis.call('HEXISTS', q.busy, group) == 0 then return { 'group_not_found' } end
  redis.call('HSET', q.parked, group, ARGV[3])
  redis.call('ZREM', q.turns, group)
  return { 'parked' }
end
if redis.call('HDEL', q.parked, group) == 0 then return { 'group_not_found' } end
if head then
  local position, _, size = parts_of(string.sub(head, #group + 2))
  redis.call('ZREM', q.waiting, head)
  redis.call('ZADD', q.waiting, 0, group .. '\0' .. member_of(position, 0, size))
  if open_turn(q, group, position) then redis.call('SPUBLISH', KEYS[4], q.id) end
end
return { 'unparked' }
