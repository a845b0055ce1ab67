-- part: what settlements do to leases. Needs settled.lua and what it needs.
-- What a call has done so far: results in the order of its receipts; events for the message log; the earliest moment at
-- which something it put away comes back; whether somebody may have a message now; whether a lease ended.
local function settling(q, now_ms)
  return { q = q, now_ms = now_ms, results = {}, events = {}, due = nil, woken = false, ended = false }
end

local function sooner(s, moment)
  if not s.due or moment < s.due then s.due = moment end
end

-- Each ends one lease that is held, and answers its result, and the letter and argument it is logged with.
local carry_out = {
  accept = function(s, position, _, size)
    s.woken = accept(s.q, position, size) or s.woken
    return 'accepted', 'a'
  end,
  release = function(s, position, deliveries, size, delay_ms)
    local q = s.q
    delay_ms = tonumber(delay_ms)
    if delay_ms > 0 and (q.limit == 0 or tonumber(deliveries) < q.limit) then
      redis.call('ZADD', q.delayed, s.now_ms + delay_ms, member_of(position, deliveries, size))
      sooner(s, s.now_ms + delay_ms)
      return 'released', 'r', tostring(delay_ms)
    end
    local answer = give_back(q, position, deliveries, size, s.now_ms)
    s.woken = s.woken or answer ~= 'parked'
    if answer == 'dead' then return 'dead_lettered' end
    return 'released', 'r', '0'
  end,
  reject = function(s, position, deliveries, size, reason)
    bury(s.q, position, deliveries, size, reason, s.now_ms)
    s.woken = s.woken or s.q.kind == 'fifo'
    return 'rejected', 'x', reason
  end,
  defer = function(s, position, deliveries, size, key, return_ms)
    local q = s.q
    local entry = member_of(position, deliveries, size) .. ':' .. key
    redis.call('HSET', q.deferred_keys, key, entry)
    redis.call('ZADD', q.deferred, s.now_ms + return_ms, entry)
    sooner(s, s.now_ms + return_ms)
    if q.kind == 'fifo' then
      local record = record_at(q, position)
      s.woken = (record and free_group(q, group_of(record), position)) or s.woken
    end
    return 'deferred', 'f'
  end,
}

-- Nearly every call only accepts: a few commands for all receipts, not a few for each.
local function accept_all(s, from)
  local q, leases, seen, done, positions = s.q, {}, {}, {}, {}
  for i = from, #ARGV, 4 do leases[#leases + 1] = ARGV[i + 1] end
  local deadlines = redis.call('ZMSCORE', q.leased, unpack(leases))
  for i, lease in ipairs(leases) do
    if deadlines[i] and tonumber(deadlines[i]) > s.now_ms and not seen[lease] then
      seen[lease] = true
      local position, deliveries, size = string.match(lease, '^0*(%d+):(%d+):(%d+L?)')
      if string.sub(size, -1) == 'L' then
        forget_body(record_at(q, position))
        size = string.sub(size, 1, -2)
      end
      q.freed = q.freed + size
      done[#done + 1] = lease
      positions[#positions + 1] = position
      s.events[#s.events + 1] = 'a' .. position .. ':' .. deliveries
      s.results[i] = 'accepted'
    else
      s.results[i] = (seen[lease] or was_settled(q, lease)) and 'already_settled' or 'lease_lost'
    end
  end
  if #done == 0 then return end
  redis.call('ZREM', q.leased, unpack(done))
  redis.call('XDEL', q.messages, unpack(positions))
  redis.call('SADD', q.settled, unpack(done))
  if redis.call('EXISTS', q.expiring) == 1 then redis.call('ZREM', q.expiring, unpack(positions)) end
  s.ended = true
end

local function settle_one(s, action, lease, first, second)
  local q = s.q
  if not holds(q, lease, s.now_ms) then return was_settled(q, lease) and 'already_settled' or 'lease_lost' end
  if action == 'defer' and redis.call('HEXISTS', q.deferred_keys, first) == 1 then return 'deferred_key_taken' end
  local position, deliveries, size = parts_of(lease)
  if action == 'extend' then
    redis.call('ZADD', q.leased, s.now_ms + first, lease)
    sooner(s, s.now_ms + first)
    note({ gone = s.events }, 'e', position, deliveries, first)
    return s.now_ms + first
  end
  redis.call('ZREM', q.leased, lease)
  local result, letter, argument = carry_out[action](s, position, deliveries, size, first, second)
  if letter then note({ gone = s.events }, letter, position, deliveries, argument) end
  redis.call('SADD', q.settled, lease)
  s.ended = true
  return result
end

-- Carries out the settlements from ARGV[from] on, four arguments each (settle.lua), wakes who may go on, and writes the
-- log. One result each, in order.
local function settle_all(s, from)
  local q = s.q
  local accepts_only = q.kind ~= 'fifo' and from <= #ARGV
  for i = from, #ARGV, 4 do accepts_only = accepts_only and ARGV[i] == 'accept' end
  if accepts_only then
    accept_all(s, from)
  else
    for i = from, #ARGV, 4 do s.results[#s.results + 1] = settle_one(s, ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]) end
  end
  if s.ended then remember_settled(q) end
  if s.due then redis.call('ZADD', KEYS[5], 'LT', s.due, q.id) end
  if s.woken then redis.call('SPUBLISH', KEYS[4], q.id) end
  log_of_queue('s', q, s.events)
  finish(q)
  return s.results
end
