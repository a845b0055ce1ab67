#!lua flags=allow-oom
-- claim-deferred: lease messages that were set aside, by their keys; keys without a message are left out.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id   2 lease ms, '' for the queue's   3 holder   4.. keys
-- Reply {'claimed', '', deadline ms, 0, holder number, '<position>:<deliveries> ...', record, ...} | {'queue_not_found'} | {'shut'}: an invoice is long overdue
--@include position.lua
--@include queue.lua
--@include line.lua
--@include recover.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
if redis.call('HGET', KEYS[1], 'gate') == 'shut' then return { 'shut' } end
local now_ms = clock_ms()
recover(q, now_ms, 50)
local deadline = now_ms + math.max(1, tonumber(ARGV[2]) or q.lease_ms)
local number = redis.call('HGET', q.holders, ARGV[3])
if not number then
  number = tostring(redis.call('HINCRBY', q.hash, 'holderNumber', 1))
  redis.call('HSET', q.holders, ARGV[3], number)
end
local reply, names = { 'claimed', '', deadline, 0, tonumber(number), '' }, {}
for i = 4, #ARGV do
  local entry = redis.call('HGET', q.deferred_keys, ARGV[i])
  if entry then
    local position, deliveries, size = parts_of(entry)
    local record = record_at(q, position)
    redis.call('HDEL', q.deferred_keys, ARGV[i])
    redis.call('ZREM', q.deferred, entry)
    if record then
      redis.call('ZADD', q.leased, deadline, member_of(position, deliveries + 1, size) .. ':' .. number)
      reply[#reply + 1] = record
      names[#names + 1] = integer(tonumber(position)) .. ':' .. (deliveries + 1)
    end
  end
end
if #names > 0 then
  reply[6] = table.concat(names, ' ')
  redis.call('ZADD', KEYS[5], 'LT', deadline, q.id)
  log('c', 'q', q.id, 'h', ARGV[3], 'm', reply[6])
end
finish(q)
return reply
