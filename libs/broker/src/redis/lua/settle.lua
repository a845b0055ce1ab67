#!lua flags=allow-oom
-- settle: end or extend leases, each by its receipt; one that cannot be settled does not stop the others.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id, then four per receipt: what to do, the lease (member of `leased`), its argument, its second argument
--       accept - -, release delay ms -, reject reason -, extend lease ms -, defer key return ms
-- Reply {'settled', outcome, ...}: 'accepted' | 'released' | 'rejected' | 'dead_lettered' | 'deferred' | 'already_settled' | 'lease_lost'
--       | 'deferred_key_taken' | new deadline ms
--       | {'queue_not_found'}
--@include position.lua
--@include queue.lua
--@include line.lua
--@include recover.lua
--@include settled.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
local now_ms = clock_ms()
local reply, events, due, woken, ended = { 'settled' }, {}, nil, false, false

local function sooner(moment)
  if not due or moment < due then due = moment end
end

local carry_out = {
  accept = function(position, _, size)
    woken = accept(q, position, size) or woken
    return 'accepted', 'a'
  end,
  release = function(position, deliveries, size, delay_ms)
    delay_ms = tonumber(delay_ms)
    if delay_ms > 0 and (q.limit == 0 or tonumber(deliveries) < q.limit) then
      redis.call('ZADD', q.delayed, now_ms + delay_ms, member_of(position, deliveries, size))
      sooner(now_ms + delay_ms)
      return 'released', 'r', tostring(delay_ms)
    end
    local answer = give_back(q, position, deliveries, size, now_ms)
    woken = woken or answer ~= 'parked'
    if answer == 'dead' then return 'dead_lettered' end
    return 'released', 'r', '0'
  end,
  reject = function(position, deliveries, size, reason)
    bury(q, position, deliveries, size, reason, now_ms)
    woken = woken or q.kind == 'fifo'
    return 'rejected', 'x', reason
  end,
  defer = function(position, deliveries, size, key, return_ms)
    local entry = member_of(position, deliveries, size) .. ':' .. key
    redis.call('HSET', q.deferred_keys, key, entry)
    redis.call('ZADD', q.deferred, now_ms + return_ms, entry)
    sooner(now_ms + return_ms)
    if q.kind == 'fifo' then
      local record = record_at(q, position)
      woken = (record and free_group(q, group_of(record), position)) or woken
    end
    return 'deferred', 'f'
  end,
}

-- Nearly every call only accepts: a few commands for all receipts, not a few for each.
local function accept_all()
  local leases, seen, done, positions = {}, {}, {}, {}
  for i = 2, #ARGV, 4 do leases[#leases + 1] = ARGV[i + 1] end
  local deadlines = redis.call('ZMSCORE', q.leased, unpack(leases))
  for i, lease in ipairs(leases) do
    if deadlines[i] and tonumber(deadlines[i]) > now_ms and not seen[lease] then
      seen[lease] = true
      local position, deliveries, size = string.match(lease, '^0*(%d+):(%d+):(%d+L?)')
      if string.sub(size, -1) == 'L' then
        forget_body(record_at(q, position))
        size = string.sub(size, 1, -2)
      end
      q.freed = q.freed + size
      done[#done + 1] = lease
      positions[#positions + 1] = position
      events[#events + 1] = 'a' .. position .. ':' .. deliveries
      reply[i + 1] = 'accepted'
    else
      reply[i + 1] = (seen[lease] or was_settled(q, lease)) and 'already_settled' or 'lease_lost'
    end
  end
  if #done == 0 then return end
  redis.call('ZREM', q.leased, unpack(done))
  redis.call('XDEL', q.messages, unpack(positions))
  redis.call('SADD', q.settled, unpack(done))
  if redis.call('EXISTS', q.expiring) == 1 then redis.call('ZREM', q.expiring, unpack(positions)) end
  remember_settled(q)
end

local accepts_only = q.kind ~= 'fifo'
for i = 2, #ARGV, 4 do accepts_only = accepts_only and ARGV[i] == 'accept' end
if accepts_only then
  accept_all()
  log_of_queue('s', q, events)
  finish(q)
  return reply
end

for i = 2, #ARGV, 4 do
  local action, lease, first, second = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if not holds(q, lease, now_ms) then
    reply[#reply + 1] = was_settled(q, lease) and 'already_settled' or 'lease_lost'
  elseif action == 'defer' and redis.call('HEXISTS', q.deferred_keys, first) == 1 then
    reply[#reply + 1] = 'deferred_key_taken'
  else
    local position, deliveries, size = parts_of(lease)
    if action == 'extend' then
      redis.call('ZADD', q.leased, now_ms + first, lease)
      sooner(now_ms + first)
      reply[#reply + 1] = now_ms + first
      note({ gone = events }, 'e', position, deliveries, first)
    else
      redis.call('ZREM', q.leased, lease)
      local outcome, letter, argument = carry_out[action](position, deliveries, size, first, second)
      reply[#reply + 1] = outcome
      if letter then note({ gone = events }, letter, position, deliveries, argument) end
      redis.call('SADD', q.settled, lease)
      ended = true
    end
  end
end

if ended then remember_settled(q) end
if due then redis.call('ZADD', KEYS[5], 'LT', due, q.id) end
if woken then redis.call('SPUBLISH', KEYS[4], q.id) end
log_of_queue('s', q, events)
finish(q)
return reply
