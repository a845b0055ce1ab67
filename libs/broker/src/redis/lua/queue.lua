-- part: the keys of a namespace and of its queues, in the order of redis/keys.ts. Needs position.lua.
-- KEYS  1 topology (hash)   2 position   3 open usage (hash)   4 wake (sharded channel)   5 due (zset)   6 log (stream)
--       7 log bytes   8 forward (set)   9 bodies (hash)   10 free bodies (list)   11.. the 17 keys of a queue
local first_queue_key, keys_of_queue = 11, 17

local function queue_at(key, id)
  return {
    id = id, hash = KEYS[key], messages = KEYS[key + 1], waiting = KEYS[key + 2], leased = KEYS[key + 3], delayed = KEYS[key + 4],
    dead = KEYS[key + 5], expiring = KEYS[key + 6], turns = KEYS[key + 7], busy = KEYS[key + 8], parked = KEYS[key + 9],
    deferred = KEYS[key + 10], deferred_keys = KEYS[key + 11], settled = KEYS[key + 12], settled_before = KEYS[key + 13],
    holders = KEYS[key + 14], dedup = KEYS[key + 15], dedup_before = KEYS[key + 16], freed = 0, gone = {},
  }
end

-- Settings and state of a queue; false when it was deleted.
local function load(q)
  local found = redis.call('HMGET', q.hash, 'kind', 'leaseMs', 'deliveryLimit', 'cursor', 'paused', 'single', 'poison', 'deadLetterExchange', 'idleMs')
  if not found[2] then return false end
  q.kind, q.lease_ms, q.limit, q.cursor, q.paused = found[1] or 'standard', tonumber(found[2]), tonumber(found[3]), tonumber(found[4] or '0'), found[5]
  q.single, q.park, q.forwards, q.idles = found[6] == '1', found[7] == 'park', (found[8] or '') ~= '', (found[9] or '') ~= ''
  q.grouped = q.kind == 'fifo' or q.kind == 'fair'
  return true
end

local function count_usage(now_ms, dimension, cause, resource, amount)
  if amount > 0 then redis.call('HINCRBY', KEYS[3], math.floor(now_ms / 3600000) .. '|' .. dimension .. '|' .. cause .. '|' .. resource, amount) end
end

-- Appends one entry to the message log: kind, then the fields of it. Nothing when the namespace keeps no log.
local function log(kind, ...)
  if redis.call('HGET', KEYS[1], 'log') == 'off' then return end
  local bytes = #kind
  for i = 2, select('#', ...), 2 do bytes = bytes + #(select(i, ...)) end
  redis.call('XADD', KEYS[6], '*', 'k', kind, ...)
  redis.call('INCRBY', KEYS[7], bytes)
end

-- `counted_ms`: by which moment its events were counted. The server dates an entry when it is appended, maybe an hour later.
local function log_of_queue(kind, q, events)
  if #events == 0 then return end
  if q.counted_ms then
    log(kind, 'q', q.id, 't', q.counted_ms, 'm', table.concat(events, ' '))
  else
    log(kind, 'q', q.id, 'm', table.concat(events, ' '))
  end
end
