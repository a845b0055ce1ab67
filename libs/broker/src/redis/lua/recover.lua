-- part: messages that come back or die. Needs position.lua, queue.lua and line.lua.
-- q.gone collects what the message log says of it: 'x' died, 'b' lease ran out, 'd' delay over.

-- To the dead letters, with the message's own position, the deliveries and the reason. False when it is gone.
local function bury(q, position, deliveries, size, reason, now_ms, record)
  record = record or record_at(q, position)
  if not record then return false end
  local place = integer((take_positions(KEYS[2], now_ms, 1))) .. '-0'
  redis.call('XADD', q.dead, place, 'r', record, 'p', integer(tonumber(position)), 'n', deliveries, 'w', reason)
  remove(q, position, size, record, true)
  note_dead_bytes(q, #record)
  count_usage(now_ms, 'mq_queue_passes', 'dead-letter', q.id, 1)
  q.counted_ms = integer(now_ms)
  if q.forwards then redis.call('SADD', KEYS[8], q.id) end
  if q.kind == 'fifo' then free_group(q, group_of(record), position) end
  return true
end

local function note(q, letter, position, deliveries, more)
  q.gone[#q.gone + 1] = letter .. integer(tonumber(position)) .. ':' .. deliveries .. (more and ':' .. string.gsub(more, ' ', '%%20') or '')
end

local function die(q, position, deliveries, size, reason, now_ms, record)
  if not bury(q, position, deliveries, size, reason, now_ms, record) then return end
  note(q, 'x', position, deliveries, reason)
end

local function has_expired(q, position, now_ms)
  if q.has_expiring == nil then q.has_expiring = redis.call('EXISTS', q.expiring) == 1 end
  if not q.has_expiring then return false end
  local at = redis.call('ZSCORE', q.expiring, integer(tonumber(position)))
  return at and (at == 'inf' or tonumber(at) <= now_ms)
end

local function park(q, position, deliveries, size)
  local record = record_at(q, position)
  if not record then return end
  local group = group_of(record)
  redis.call('HSET', q.parked, group, 'delivery_limit')
  redis.call('ZREM', q.turns, group)
  make_ready(q, position, deliveries, size, record)
end

-- Back to its place in the queue, or to the dead letters when it was delivered as often as the queue allows or has
-- expired. Answers 'back', 'dead' or 'parked'.
local function give_back(q, position, deliveries, size, now_ms)
  if has_expired(q, position, now_ms) then
    die(q, position, deliveries, size, 'expired', now_ms)
    return 'dead'
  end
  if q.limit > 0 and tonumber(deliveries) >= q.limit then
    if q.kind == 'fifo' and q.park then
      park(q, position, deliveries, size)
      return 'parked'
    end
    die(q, position, deliveries, size, 'delivery_limit', now_ms)
    return 'dead'
  end
  make_ready(q, position, deliveries, size)
  return 'back'
end

local function each_due(set, now_ms, budget, work)
  for _, member in ipairs(redis.call('ZRANGE', set, '-inf', now_ms, 'BYSCORE', 'LIMIT', 0, budget)) do work(member) end
end

-- Takes back up to `budget` each of leases that ran out, delays that are over, deferrals that ended, and lives that
-- ended. Returns how many went back, and how many died.
local function recover(q, now_ms, budget)
  local back, dead = 0, 0
  local function tell(answer)
    if answer == 'back' then back = back + 1 elseif answer == 'dead' then dead = dead + 1 end
  end
  each_due(q.leased, now_ms, budget, function(member)
    redis.call('ZREM', q.leased, member)
    local position, deliveries, size = parts_of(member)
    note(q, 'b', position, deliveries)
    tell(give_back(q, position, deliveries, size, now_ms))
  end)
  each_due(q.delayed, now_ms, budget, function(member)
    redis.call('ZREM', q.delayed, member)
    local position, deliveries, size = parts_of(member)
    if has_expired(q, position, now_ms) then
      die(q, position, deliveries, size, 'expired', now_ms)
      dead = dead + 1
      return
    end
    note(q, 'd', position, deliveries)
    make_ready(q, position, deliveries, size)
    back = back + 1
  end)
  each_due(q.deferred, now_ms, budget, function(entry)
    redis.call('ZREM', q.deferred, entry)
    local position, deliveries, size, key = parts_of(entry)
    redis.call('HDEL', q.deferred_keys, string.sub(key, 2))
    note(q, 'd', position, deliveries)
    tell(give_back(q, position, deliveries, size, now_ms))
  end)
  each_due(q.expiring, now_ms, budget, function(position)
    local record = record_at(q, position)
    local deliveries = record and take_ready(q, position, record)
    if deliveries then
      die(q, position, deliveries, size_of(record), 'expired', now_ms, record)
      dead = dead + 1
    elseif record then
      redis.call('ZADD', q.expiring, '+inf', position)
    else
      redis.call('ZREM', q.expiring, position)
    end
  end)
  return back, dead
end

-- The next moment (ms) at which something ends in this queue; nil when there is none.
local function next_due(q)
  local soonest
  for _, set in ipairs({ q.leased, q.delayed, q.deferred, q.expiring }) do
    local first = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')[2]
    if first and first ~= 'inf' and (not soonest or tonumber(first) < soonest) then soonest = tonumber(first) end
  end
  return soonest
end

local function finish(q)
  write_freed(q)
  log_of_queue('b', q, q.gone)
  q.gone = {}
end
