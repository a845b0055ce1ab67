-- part: messages that come back. Needs position.lua, and a table `q` with the keys of one queue:
-- q.id, q.limit (0: none) and q.messages, q.returned, q.leased, q.delayed, q.dead, q.usage, q.position
local function split(member)
  return string.match(member, '^(%d+):(%d+)$')
end

-- To the dead letters, with the message's own position, the deliveries and the reason. False when it is gone.
local function bury(q, position, deliveries, reason, now_ms)
  local found = redis.call('XRANGE', q.messages, position, position)[1]
  if not found then return false end
  local place = integer(take_positions(q.position, now_ms, 1)) .. '-0'
  redis.call('XADD', q.dead, place, 'r', found[2][2], 'p', position, 'n', deliveries, 'w', reason)
  redis.call('XDEL', q.messages, position)
  redis.call('HINCRBY', q.usage, math.floor(now_ms / 3600000) .. '|mq_queue_passes|dead-letter|' .. q.id, 1)
  return true
end

-- Back to its place in the queue, or to the dead letters when it was delivered as often as the queue allows.
local function give_back(q, member, now_ms)
  local position, deliveries = split(member)
  if q.limit > 0 and tonumber(deliveries) >= q.limit then
    bury(q, position, deliveries, 'delivery_limit', now_ms)
    return false
  end
  redis.call('ZADD', q.returned, position, member)
  return true
end

-- Takes back up to `budget` leases that ran out and as many delays that are over. Returns how many went back, and how many died.
local function recover(q, now_ms, budget)
  local back, dead = 0, 0
  for _, member in ipairs(redis.call('ZRANGE', q.leased, '-inf', now_ms, 'BYSCORE', 'LIMIT', 0, budget)) do
    redis.call('ZREM', q.leased, member)
    if give_back(q, member, now_ms) then back = back + 1 else dead = dead + 1 end
  end
  for _, member in ipairs(redis.call('ZRANGE', q.delayed, '-inf', now_ms, 'BYSCORE', 'LIMIT', 0, budget)) do
    redis.call('ZREM', q.delayed, member)
    redis.call('ZADD', q.returned, split(member), member)
    back = back + 1
  end
  return back, dead
end

-- The next moment (ms) at which a lease or a delay of this queue ends; nil when there is none.
local function next_due(q)
  local lease = redis.call('ZRANGE', q.leased, 0, 0, 'WITHSCORES')
  local delay = redis.call('ZRANGE', q.delayed, 0, 0, 'WITHSCORES')
  local first, second = tonumber(lease[2]), tonumber(delay[2])
  if first and second then return math.min(first, second) end
  return first or second
end
