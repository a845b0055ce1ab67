#!lua flags=allow-oom
-- claim: lease up to N waiting messages to one consumer; those that came back first, then the stream in order.
-- KEYS  1 queue (hash)   2 messages (stream)   3 returned   4 leased   5 delayed (zsets)   6 dead (stream)   7 due (zset)
--       8 open usage (hash)   9 position
-- ARGV  1 queue id   2 max messages   3 lease ms, '' for the queue's   4 max bytes (one message is always given)
-- Reply {'claimed', deadline ms, messages still waiting (0 or 1), position, deliveries, record, ...}
--       | {'empty', ms until a lease or delay ends, -1 for none} | {'queue_not_found'}
--@include position.lua
--@include recover.lua
local recover_budget, range_step = 50, 20

local settings = redis.call('HMGET', KEYS[1], 'cursor', 'leaseMs', 'deliveryLimit')
if not settings[2] then return { 'queue_not_found' } end
local q = {
  id = ARGV[1], limit = tonumber(settings[3]), messages = KEYS[2], returned = KEYS[3], leased = KEYS[4], delayed = KEYS[5],
  dead = KEYS[6], usage = KEYS[8], position = KEYS[9],
}
local wanted, max_bytes = tonumber(ARGV[2]), tonumber(ARGV[4])
local now_ms = clock_ms()
recover(q, now_ms, recover_budget)

local deadline = now_ms + tonumber(ARGV[3] == '' and settings[2] or ARGV[3])
local reply, leases = { 'claimed', deadline, 0 }, {}
local claimed, bytes, first_kib = 0, 0, 0

-- False when the message would make the answer too large.
local function lease(position, deliveries, record)
  bytes = bytes + #record
  if claimed > 0 and bytes > max_bytes then return false end
  claimed = claimed + 1
  leases[#leases + 1] = deadline
  leases[#leases + 1] = position .. ':' .. deliveries
  reply[#reply + 1] = position
  reply[#reply + 1] = deliveries
  reply[#reply + 1] = record
  if deliveries == 1 then
    local a, b, c = string.byte(record, 2, 4)
    first_kib = first_kib + a * 65536 + b * 256 + c
  end
  return true
end

local room = true
if redis.call('ZCARD', q.returned) > 0 then
  for _, member in ipairs(redis.call('ZRANGE', q.returned, 0, wanted - 1)) do
    local position, deliveries = split(member)
    local found = redis.call('XRANGE', q.messages, position, position)[1]
    if found then room = lease(position, deliveries + 1, found[2][2]) end
    if not room then break end
    redis.call('ZREM', q.returned, member)
  end
end

local cursor = settings[1] or '0'
local before = cursor
while room and claimed < wanted do
  local step = math.min(wanted - claimed, range_step)
  local found = redis.call('XRANGE', q.messages, '(' .. cursor, '+', 'COUNT', step)
  for _, entry in ipairs(found) do
    local position = string.sub(entry[1], 1, -3)
    room = lease(position, 1, entry[2][2])
    if not room then break end
    cursor = position
  end
  if #found < step then break end
end
if cursor ~= before then redis.call('HSET', KEYS[1], 'cursor', cursor) end

if claimed == 0 then
  local due = next_due(q)
  return { 'empty', due and math.max(0, due - now_ms) or -1 }
end
redis.call('ZADD', q.leased, unpack(leases))
redis.call('ZADD', KEYS[7], 'LT', deadline, q.id)
if first_kib > 0 then
  redis.call('HINCRBY', q.usage, math.floor(now_ms / 3600000) .. '|mq_kib_out|publish|' .. q.id, first_kib)
end
if redis.call('XLEN', q.messages) > redis.call('ZCARD', q.leased) + redis.call('ZCARD', q.delayed) then reply[3] = 1 end
return reply
