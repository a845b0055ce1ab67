#!lua flags=allow-oom
-- remove: remove messages by position, those that are in the state asked for.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id   2 state: ready, delayed, deferred or dead   3.. '<position>:<deliveries>:<key when deferred>' (at most 1,000)
-- Reply {'removed', how many} | {'queue_not_found'}
--@include position.lua
--@include queue.lua
--@include line.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
local removed, gone = 0, {}

local take = {
  ready = function(position, record)
    return take_ready(q, position, record)
  end,
  delayed = function(position, record, deliveries)
    if redis.call('ZREM', q.delayed, member_of(position, deliveries, size_of(record))) == 0 then return false end
    if q.kind == 'fifo' then free_group(q, group_of(record), position) end
    return true
  end,
  deferred = function(position, _, deliveries, key)
    local entry = redis.call('HGET', q.deferred_keys, key)
    if not entry or string.find(entry, string.format('%016d:%s:', position, deliveries), 1, true) ~= 1 then return false end
    redis.call('HDEL', q.deferred_keys, key)
    return redis.call('ZREM', q.deferred, entry) == 1
  end,
}

for i = 3, #ARGV do
  local position, deliveries, key = string.match(ARGV[i], '^(%d+):(%d+):(.*)$')
  local done
  if ARGV[2] == 'dead' then
    local found = redis.call('XRANGE', q.dead, position, position)[1]
    if found then
      forget_body(found[2][2])
      done = redis.call('XDEL', q.dead, position) == 1
      if done then
        note_dead_bytes(q, -#found[2][2])
        position = found[2][4]
      end
    end
  else
    local record = record_at(q, position)
    done = record and take[ARGV[2]](position, record, deliveries, key) and remove(q, position, size_of(record), record)
  end
  if done then
    removed = removed + 1
    gone[removed] = position
  end
end
write_freed(q)
log_of_queue('g', q, gone)
return { 'removed', removed }
