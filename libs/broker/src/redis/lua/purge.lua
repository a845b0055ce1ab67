#!lua flags=allow-oom
-- purge: remove ready messages up to a position, one bounded step; leased, delayed and deferred ones stay.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id   2 position to go on after, 0 at first   3 last position to remove   4 most messages read
-- Reply {'purged', removed, position to go on after, or '' when done} | {'queue_not_found'}
--@include position.lua
--@include queue.lua
--@include line.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
local after, last = ARGV[2], ARGV[3]

-- Nothing to spare: the stream is replaced by an empty one that goes on counting, and no body is read.
local function replace_stream()
  if redis.call('EXISTS', q.waiting, q.leased, q.delayed, q.deferred, q.expiring, KEYS[9]) > 0 then return nil end
  if redis.call('EXISTS', q.messages) == 0 then return 0 end
  local info, at = redis.call('XINFO', 'STREAM', q.messages), {}
  for i = 1, #info, 2 do at[info[i]] = info[i + 1] end
  local newest = string.match(at['last-generated-id'], '^%d+')
  if tonumber(newest) > tonumber(last) then return nil end
  local removed = redis.call('XLEN', q.messages)
  redis.call('UNLINK', q.messages)
  redis.call('XGROUP', 'CREATE', q.messages, 'once', '0', 'MKSTREAM')
  redis.call('XGROUP', 'DESTROY', q.messages, 'once')
  redis.call('XSETID', q.messages, at['last-generated-id'], 'ENTRIESADDED', at['entries-added'], 'MAXDELETEDID', at['last-generated-id'])
  redis.call('HSET', q.hash, 'bytes', 0, 'cursor', newest)
  return removed
end

if after == '0' and q.kind == 'standard' then
  local removed = replace_stream()
  if removed then
    if removed > 0 then log('g', 'q', q.id, 'm', '*') end
    return { 'purged', removed, '' }
  end
end

local removed, gone = 0, {}
local found = redis.call('XRANGE', q.messages, '(' .. after, last, 'COUNT', ARGV[4])
for _, entry in ipairs(found) do
  local position, record = string.sub(entry[1], 1, -3), entry[2][2]
  after = position
  if take_ready(q, position, record) and remove(q, position, size_of(record), record) then
    removed = removed + 1
    gone[removed] = position
  end
end
write_freed(q)
log_of_queue('g', q, gone)
return { 'purged', removed, #found == tonumber(ARGV[4]) and after or '' }
