-- part: what is ready in a queue, whatever its kind. Needs position.lua and queue.lua.
-- standard: the stream beyond the cursor, but for what is in `delayed`; and `waiting`, what came back.
-- priority: `waiting`, '<9 - priority><member>', all scores 0.   fifo, fair: `waiting`, '<group>\0<member>', all scores 0.
local function padded(position)
  return string.rep('0', 16 - #position) .. position
end

local function unpadded(position)
  return (string.gsub(position, '^0+', ''))
end

local function member_of(position, deliveries, size)
  return string.format('%016d:%s:%s', position, deliveries, size)
end

-- Position (16 digits), deliveries, size, and what follows.
local function parts_of(member)
  return string.match(member, '^(%d+):(%d+):(%d+L?)(.*)$')
end

-- Lua writes a number as text by printf; the same few come again and again.
local texts = {}
local function text_of(number)
  local found = texts[number]
  if not found then
    found = integer(number)
    texts[number] = found
  end
  return found
end

local function size_of(record)
  local size = text_of(#record)
  return string.byte(record, 5) >= 128 and size .. 'L' or size
end

-- Group and body stored outside come first among the properties (record.ts).
local function property_at(record, offset, tag)
  if string.byte(record, offset) ~= tag then return nil, offset end
  local high, low = string.byte(record, offset + 1, offset + 2)
  local stop = offset + 3 + high * 256 + low
  return string.sub(record, offset + 3, stop - 1), stop
end

local function group_of(record)
  return (property_at(record, 9, 7)) or ''
end

local function stored_body_of(record)
  local _, offset = property_at(record, 9, 7)
  local value = property_at(record, offset, 11)
  if not value then return nil end
  local bytes, body = string.match(value, '^(%d+):(.+)$')
  return body, bytes
end

-- Bodies stored outside: copies that need each, and under `@bytes` what all of them take.
local function remember_body(record, copies)
  local body, bytes = stored_body_of(record)
  if redis.call('HINCRBY', KEYS[9], body, copies) == copies then redis.call('HINCRBY', KEYS[9], '@bytes', bytes) end
end

-- Bytes of dead letters, which are no longer among those of the queue.
local function note_dead_bytes(q, bytes)
  if bytes ~= 0 then redis.call('HINCRBY', q.hash, 'deadBytes', bytes) end
end

local function record_at(q, position)
  local found = redis.call('XRANGE', q.messages, position, position)[1]
  return found and found[2][2]
end

local function head_of(q, group)
  return redis.call('ZRANGE', q.waiting, '[' .. group .. '\0', '(' .. group .. '\1', 'BYLEX', 'LIMIT', 0, 1)[1]
end

-- Gives a group its turn, when it may have one. True when it has.
local function open_turn(q, group, position)
  if redis.call('HEXISTS', q.parked, group) == 1 then return false end
  if q.kind == 'fair' then
    redis.call('ZADD', q.turns, 'NX', redis.call('HGET', q.hash, 'turn') or '0', group)
    return true
  end
  if redis.call('HEXISTS', q.busy, group) == 1 then return false end
  redis.call('ZADD', q.turns, 'LT', position, group)
  return true
end

-- fifo: `busy` holds the lease of the group's message in flight; it begins with the position.
local function is_in_flight(q, group, position)
  local lease = redis.call('HGET', q.busy, group)
  return lease and string.sub(lease, 1, 16) == string.format('%016d', position)
end

-- fifo: the group's message in flight is out of the way, the next may go.
local function free_group(q, group, position)
  if q.kind ~= 'fifo' or not is_in_flight(q, group, position) then return false end
  redis.call('HDEL', q.busy, group)
  local head = head_of(q, group)
  if not head then return false end
  return open_turn(q, group, (parts_of(string.sub(head, #group + 2))))
end

-- Puts a message where it waits to be handed out. True when somebody may have it now.
local function make_ready(q, position, deliveries, size, record)
  local member = member_of(position, deliveries, size)
  if q.kind == 'standard' then
    if tonumber(position) <= q.cursor then redis.call('ZADD', q.waiting, position, member) end
    return true
  end
  record = record or record_at(q, position)
  if not record then return false end
  if q.kind == 'priority' then
    redis.call('ZADD', q.waiting, 0, (9 - string.byte(record, 5) % 16) .. member)
    return true
  end
  local group = group_of(record)
  redis.call('ZADD', q.waiting, 0, group .. '\0' .. member)
  if q.kind == 'fifo' and is_in_flight(q, group, position) then redis.call('HDEL', q.busy, group) end
  return open_turn(q, group, position)
end

-- Takes one message out of what is ready; its deliveries, or nil when it is not ready.
local function take_ready(q, position, record)
  position = string.format('%016d', position)
  if q.kind == 'standard' then
    if tonumber(position) > q.cursor then
      if redis.call('ZSCORE', q.delayed, member_of(position, 0, size_of(record))) then return nil end
      return '0'
    end
    local member = redis.call('ZRANGE', q.waiting, position, position, 'BYSCORE')[1]
    if not member then return nil end
    redis.call('ZREM', q.waiting, member)
    local _, deliveries = parts_of(member)
    return deliveries
  end
  local before = q.kind == 'priority' and tostring(9 - string.byte(record, 5) % 16) or group_of(record) .. '\0'
  local start = before .. position
  local entry = redis.call('ZRANGE', q.waiting, '[' .. start .. ':', '(' .. start .. ';', 'BYLEX', 'LIMIT', 0, 1)[1]
  if not entry then return nil end
  redis.call('ZREM', q.waiting, entry)
  local _, deliveries = parts_of(string.sub(entry, #before + 1))
  return deliveries
end

-- Takes the oldest ready message: position, deliveries, record. Looks at a bounded number of messages that are not ready.
local function take_oldest_ready(q, most)
  local from = '-'
  if q.kind == 'standard' then
    local member = redis.call('ZRANGE', q.waiting, 0, 0)[1]
    local position = member and (parts_of(member))
    local record = position and record_at(q, position)
    if record then return position, take_ready(q, position, record), record end
    from = '(' .. integer(q.cursor)
  end
  for _, entry in ipairs(redis.call('XRANGE', q.messages, from, '+', 'COUNT', most)) do
    local position, record = string.sub(entry[1], 1, -3), entry[2][2]
    local deliveries = take_ready(q, position, record)
    if deliveries then return position, deliveries, record end
  end
  return nil
end

-- One copy less of a body stored outside.
local function forget_body(record)
  if not record then return end
  local body, bytes = stored_body_of(record)
  if not body then return end
  if redis.call('HINCRBY', KEYS[9], body, -1) <= 0 then
    redis.call('HDEL', KEYS[9], body)
    if redis.call('HINCRBY', KEYS[9], '@bytes', -bytes) <= 0 then redis.call('HDEL', KEYS[9], '@bytes') end
    redis.call('RPUSH', KEYS[10], body)
  end
end

-- Removes a message that is in no index any more. `keep_body`: a copy lives on, as a dead letter.
local function remove(q, position, size, record, keep_body)
  if string.sub(size, -1) == 'L' then
    if not keep_body then forget_body(record or record_at(q, position)) end
    size = string.sub(size, 1, -2)
  end
  if redis.call('XDEL', q.messages, position) == 0 then return false end
  q.freed = q.freed + tonumber(size)
  if q.has_expiring == nil then q.has_expiring = redis.call('EXISTS', q.expiring) == 1 end
  if q.has_expiring then redis.call('ZREM', q.expiring, integer(tonumber(position))) end
  return true
end

-- Writes down the bytes that were freed; once, at the end of a script.
local function write_freed(q)
  if q.freed > 0 then redis.call('HINCRBY', q.hash, 'bytes', -q.freed) end
  q.freed = 0
end
