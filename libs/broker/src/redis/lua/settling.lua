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

-- Nearly every call only accepts: a few commands for all receipts, not a few for each, and as little work for each as can be.
-- Leases of one claim end at the same moment, and sizes come again.
local function accept_all(s, leases)
  local q, seen, done, positions, sizes = s.q, {}, {}, {}, {}
  local deadlines = redis.call('ZMSCORE', q.leased, unpack(leases))
  local logging = redis.call('HGET', KEYS[1], 'log') ~= 'off'
  local deadline, held
  for i, lease in ipairs(leases) do
    if deadlines[i] ~= deadline then
      deadline = deadlines[i]
      held = deadline and tonumber(deadline) > s.now_ms
    end
    if held and not seen[lease] then
      seen[lease] = true
      local position = string.sub(lease, 1, 16)
      local size = string.match(lease, ':(%d+L?):', 18)
      sizes[size] = (sizes[size] or 0) + 1
      if string.byte(size, -1) == 76 then forget_body(record_at(q, position)) end
      done[#done + 1] = lease
      positions[#positions + 1] = position
      if logging then
        local from_zeros, deliveries = string.match(lease, '^0*(%d+):(%d+)')
        s.events[#s.events + 1] = 'a' .. from_zeros .. ':' .. deliveries
      end
      s.results[i] = 'accepted'
    else
      s.results[i] = (seen[lease] or was_settled(q, lease)) and 'already_settled' or 'lease_lost'
    end
  end
  if #done == 0 then return end
  for size, count in pairs(sizes) do q.freed = q.freed + count * tonumber((string.match(size, '%d+'))) end
  redis.call('ZREM', q.leased, unpack(done))
  redis.call('XDEL', q.messages, unpack(positions))
  redis.call('SADD', q.settled, unpack(done))
  if redis.call('EXISTS', q.expiring) == 1 then
    for i, position in ipairs(positions) do positions[i] = unpadded(position) end
    redis.call('ZREM', q.expiring, unpack(positions))
  end
  s.ended = true
  s.all_accepted = #done == #leases
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

-- Wakes who may go on, and writes the log. One result for each settlement, in order.
local function conclude(s)
  local q = s.q
  if s.ended then remember_settled(q) end
  if s.due then redis.call('ZADD', KEYS[5], 'LT', s.due, q.id) end
  if s.woken then redis.call('SPUBLISH', KEYS[4], q.id) end
  log_of_queue('s', q, s.events)
  finish(q)
  return s.results
end

local function accept_leases(s, leases)
  if s.q.kind ~= 'fifo' and #leases > 0 then
    accept_all(s, leases)
  else
    for i, lease in ipairs(leases) do s.results[i] = settle_one(s, 'accept', lease) end
  end
  return conclude(s)
end

-- Leases separated by spaces: an argument each costs both sides more than taking them apart.
local function leases_in(text)
  local leases = {}
  for lease in string.gmatch(text, '[^ ]+') do leases[#leases + 1] = lease end
  return leases
end

-- Carries out the settlements from ARGV[from] on (settle.lua).
local function settle_all(s, from)
  if ARGV[from] == 'accept all' then return accept_leases(s, leases_in(ARGV[from + 1])) end
  for i = from, #ARGV, 4 do s.results[#s.results + 1] = settle_one(s, ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]) end
  return conclude(s)
end
