-- part: ending leases. Needs position.lua, queue.lua, line.lua and recover.lua.
local remembered, remembered_ms = 5000, 600000

local function holds(q, lease, now_ms)
  return tonumber(redis.call('ZSCORE', q.leased, lease) or '0') > now_ms
end

local function was_settled(q, lease)
  return redis.call('SISMEMBER', q.settled, lease) == 1 or redis.call('SISMEMBER', q.settled_before, lease) == 1
end

local function remember_settled(q)
  if redis.call('SCARD', q.settled) > remembered then
    redis.call('UNLINK', q.settled_before)
    redis.call('RENAME', q.settled, q.settled_before)
  end
  redis.call('PEXPIRE', q.settled, remembered_ms)
  redis.call('PEXPIRE', q.settled_before, remembered_ms)
end

-- The message is done. True when another of its group may go.
local function accept(q, position, size)
  local record = q.kind == 'fifo' and record_at(q, position)
  remove(q, position, size, record or nil)
  return record and free_group(q, group_of(record), position)
end
