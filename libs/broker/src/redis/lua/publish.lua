#!lua
-- publish: store messages in every queue they were routed to, count them and wake consumers; and, when asked to, take
-- something away in the same step. All of it or nothing.
-- No allow-oom flag: at the memory limit it is refused before it writes, while consuming goes on.
-- KEYS  see queue.lua; per queue of the plan its hash and messages, or all of its keys when the plan has settings for it;
--       then all keys of the queue something is taken from, or schedules due (zset); at the end, with units that carry an
--       Idempotency-Key, the two generations of them (hashes)
-- ARGV  1 version of the topology the messages were routed with
--       2 plan, JSON: {"cause", "queues": [id | {"id", "k" kind, "ttl" ms, "max", "bytes", "drop", "dw" dedup window ms, "db" dedup by body, "idle" may be closed}, ...],
--         "routes": [{"on": resource id, "exchanges": [metered id, ...], "queues": [index, ...], "delays": [ms per queue]}, ...]}
--       3 route of each message, two bytes, big-endian, from 0   4 details for the message log   5 most bytes in the log
--       6 JSON or '': {"m": {"<index>": {"d" delay ms, "x" life ms, "u" dedup digest}},
--         "u": [{"f" first index, "n" messages, "a" all or none, "k" Idempotency-Key digest, "g" request digest}, ...]}
--       7 JSON or '': {"kind": "lease" | "dead" | "ready" | "schedule", "id" queue id, "at" lease, position or name, "due" ms, "next" ms}
--       8.. records
-- Reply {'stored', first position, exception, ...}: '<index>:<queue index>:d:<position of the original, or @index>' duplicate,
--         '<index>:<queue index>:r:<limit>' refused, '<index>:-:s' left out with its unit, '<unit>:-:i:<first position, or @index>' done before,
--         '<unit>:-:k' the key was used for another request, '<index>:-:q' beyond the quota, with what was left out because of it
--       | {'stale'} | {'log_full'} | {'closed', gate} | {'over_quota'}: not all of it fits, send the units | {'lease_lost'} | {'taken'} | {'refused', exception, ...}
--@include position.lua
--@include queue.lua
--@include line.lua
--@include recover.lua
--@include settled.lua
--@include gate.lua
--@include admission.lua
local first_record, closed_ms = 8, 30000

local in_force = redis.call('HMGET', KEYS[1], 'version', 'log', 'gate')
if (in_force[1] or '0') ~= ARGV[1] then return { 'stale' } end
local logging = in_force[2] ~= 'off'
if logging and tonumber(redis.call('GET', KEYS[7]) or '0') > tonumber(ARGV[5]) then return { 'log_full' } end

local plan = cjson.decode(ARGV[2])
local options = ARGV[6] ~= '' and cjson.decode(ARGV[6]) or nil
local extras = options and options.m or {}
local route_of = ARGV[3]
local count = #ARGV - first_record + 1
local now_ms = clock_ms()
local cause = plan.cause
local counts_messages = cause == 'publish' or cause == 'schedule'

-- What moves was published before: it is counted, never stopped.
local gate = in_force[3]
if gate and gate ~= 'quota' and counts_messages then
  count_usage(now_ms, 'mq_blocked', cause, plan.routes[1].on, count)
  return { 'closed', gate }
end
local quota = gate == 'quota' and open_quota(now_ms)

local function route_index(i)
  local high, low = string.byte(route_of, i * 2 - 1, i * 2)
  return high * 256 + low + 1
end

local function kib_of(record)
  local a, b, c = string.byte(record, 2, 4)
  return a * 65536 + b * 256 + c
end

-- Without units nothing is refused by a queue, so what it costs is known; with them, admission decides one by one.
local function all_fit()
  local costs = { count, 0, 0, 0 }
  for i = 1, count do
    local route = plan.routes[route_index(i)]
    costs[2], costs[3], costs[4] = costs[2] + kib_of(ARGV[first_record + i - 1]), costs[3] + #route.exchanges, costs[4] + #route.queues
  end
  if not quota_fits(quota, unpack(costs)) then return false end
  quota_take(quota, unpack(costs))
  return true
end
local limited = quota and counts_messages
if limited and not (options and options.u) and not all_fit() then return { 'over_quota' } end

local queues, next_key, careful = {}, first_queue_key, false
for j, entry in ipairs(plan.queues) do
  if type(entry) == 'string' then
    queues[j] = { id = entry, hash = KEYS[next_key], messages = KEYS[next_key + 1], plain = true }
    next_key = next_key + 2
  else
    local q = queue_at(next_key, entry.id)
    q.kind, q.ttl, q.max, q.bytes_max, q.drop, q.window, q.by_body = entry.k, entry.ttl, entry.max, entry.bytes, entry.drop, entry.dw, entry.db
    if entry.idle then
      local closed = redis.call('HGET', q.hash, 'closedMs')
      -- It is being deleted: the gateway routes again until it is gone, or until whoever closed it must have died.
      if closed and now_ms - tonumber(closed) < closed_ms then return { 'stale' } end
    end
    careful = careful or q.max or q.bytes_max or q.window
    queues[j] = q
    next_key = next_key + keys_of_queue
  end
end

local taking = ARGV[7] ~= '' and cjson.decode(ARGV[7]) or nil
local source
if taking and taking.kind ~= 'schedule' then
  source = queue_at(next_key, taking.id)
  next_key = next_key + keys_of_queue
  if not load(source) then return { 'taken' } end
  if taking.kind == 'lease' then
    if not holds(source, taking.at, now_ms) then return { 'lease_lost' } end
  elseif redis.call('EXISTS', source[taking.kind == 'dead' and 'dead' or 'messages']) == 0 then
    return { 'taken' }
  elseif taking.kind == 'dead' then
    if not redis.call('XRANGE', source.dead, taking.at, taking.at)[1] then return { 'taken' } end
  end
elseif taking and redis.call('ZSCORE', KEYS[next_key], taking.at) ~= integer(taking.due) then
  return { 'taken' }
end

-- Counts what the quota refused, and adds it to the exceptions; the message log has it as left out.
local function tell_blocked(admission)
  for _, i in ipairs(admission.blocked) do
    count_usage(now_ms, 'mq_blocked', cause, plan.routes[route_index(i)].on, 1)
    admission.exceptions[#admission.exceptions + 1] = (i - 1) .. ':-:q'
  end
  return admission.exceptions
end

local admission = { exceptions = {}, left_out = {}, refusals = 0, blocked = {} }
if careful or (options and options.u) then
  local work = { queues = queues, plan = plan, options = options, extras = extras, count = count, now_ms = now_ms, route_index = route_index, kib_of = kib_of, quota = limited and quota }
  admission = admit(work, first_record, #KEYS - 1)
  -- What is taken away must go wherever it was to go; a duplicate is there already.
  if taking and admission.refusals > 0 then return { 'refused', unpack(tell_blocked(admission)) } end
end
local taken_ready
if taking and taking.kind == 'ready' then
  taken_ready = record_at(source, taking.at)
  local deliveries = taken_ready and take_ready(source, taking.at, taken_ready)
  if not deliveries then return { 'taken' } end
end

local first = take_positions(KEYS[2], now_ms, count)
-- Units of 64 KiB beyond the first of each message: with one a message they are `mq_message_units`.
local messages, kib, units, passes, due = {}, {}, {}, {}, {}
for r = 1, #plan.routes do messages[r], kib[r], units[r] = 0, 0, 0 end
for j = 1, #queues do passes[j] = 0 end

local function store(q, position, place, record, extra, delay)
  redis.call('XADD', q.messages, place, 'r', record)
  q.added = (q.added or 0) + #record
  if q.plain then return end
  local size, wait, life = size_of(record), extra and extra.d or delay, extra and extra.x or q.ttl
  if q.ttl and life and q.ttl < life then life = q.ttl end
  if life then
    redis.call('ZADD', q.expiring, now_ms + life, integer(position))
    q.due = math.min(q.due or now_ms + life, now_ms + life)
  end
  if wait and wait > 0 then
    redis.call('ZADD', q.delayed, now_ms + wait, member_of(position, 0, size))
    q.due = math.min(q.due or now_ms + wait, now_ms + wait)
  elseif q.kind ~= 'standard' then
    make_ready(q, position, 0, size, record)
  end
end

for i = 1, count do
  local r = route_index(i)
  local skip = admission.left_out[i]
  if skip ~= true then
    local record, position = ARGV[first_record + i - 1], first + i - 1
    local place = string.format('%d-0', position)
    local extra = extras[tostring(i - 1)]
    local targets, delays, copies = plan.routes[r].queues, plan.routes[r].delays, 0
    for j = 1, #targets do
      local index = targets[j] + 1
      if not (skip and skip[index]) then
        store(queues[index], position, place, record, extra, delays and delays[j])
        passes[index] = passes[index] + 1
        copies = copies + 1
        if extra and extra.u then remember_dedup(queues[index], extra.u, position) end
      end
    end
    if string.byte(record, 5) >= 128 then
      if copies > 0 then remember_body(record, copies) else redis.call('RPUSH', KEYS[10], (stored_body_of(record))) end
    end
    if copies > 0 or #targets == 0 then
      messages[r] = messages[r] + 1
      local size_kib = kib_of(record)
      kib[r] = kib[r] + size_kib
      if size_kib > 64 then units[r] = units[r] + math.ceil(size_kib / 64) - 1 end
    end
  elseif string.byte(ARGV[first_record + i - 1], 5) >= 128 then
    redis.call('RPUSH', KEYS[10], (stored_body_of(ARGV[first_record + i - 1])))
  end
end

for r, route in ipairs(plan.routes) do
  if counts_messages then
    count_usage(now_ms, 'mq_messages', cause, route.on, messages[r])
    count_usage(now_ms, 'mq_kib_in', cause, route.on, kib[r])
    count_usage(now_ms, 'mq_message_units', cause, route.on, units[r])
  end
  for _, exchange in ipairs(route.exchanges) do count_usage(now_ms, 'mq_exchange_passes', cause, exchange, messages[r]) end
  if quota and not limited then quota_take(quota, 0, 0, messages[r] * #route.exchanges, 0) end
  if #route.queues == 0 then count_usage(now_ms, 'mq_unroutable', cause, route.on, messages[r]) end
end
local woken = {}
for j, q in ipairs(queues) do
  count_usage(now_ms, 'mq_queue_passes', cause, q.id, passes[j])
  if quota and not limited then quota_take(quota, 0, 0, 0, passes[j]) end
  if q.added then
    redis.call('HINCRBY', q.hash, 'bytes', q.added)
    woken[#woken + 1] = q.id
  end
  if q.due then redis.call('ZADD', KEYS[5], 'LT', q.due, q.id) end
  if q.drop and q.added then make_room(q, now_ms) end
end
if #woken > 0 then redis.call('SPUBLISH', KEYS[4], table.concat(woken, ' ')) end

local function take()
  if taking.kind == 'schedule' then
    if taking.next then redis.call('ZADD', KEYS[next_key], taking.next, taking.at) else redis.call('ZREM', KEYS[next_key], taking.at) end
  elseif taking.kind == 'dead' then
    local found = redis.call('XRANGE', source.dead, taking.at, taking.at)[1]
    forget_body(found[2][2])
    redis.call('XDEL', source.dead, taking.at)
    note_dead_bytes(source, -#found[2][2])
  elseif taking.kind == 'ready' then
    remove(source, taking.at, size_of(taken_ready), taken_ready)
  else
    local position, deliveries, size = parts_of(taking.at)
    redis.call('ZREM', source.leased, taking.at)
    if accept(source, position, size) then redis.call('SPUBLISH', KEYS[4], source.id) end
    redis.call('SADD', source.settled, taking.at)
    remember_settled(source)
    log('s', 'q', source.id, 'm', 'a' .. integer(tonumber(position)) .. ':' .. deliveries)
  end
  if source then finish(source) end
end
if taking then take() end

if logging and ARGV[4] ~= '' then
  local exceptions = table.concat(admission.exceptions, ' ')
  local first_text = integer(first)
  redis.call('XADD', KEYS[6], '*', 'k', 'p', 'f', first_text, 'plan', ARGV[2], 'r', route_of, 'd', ARGV[4], 'x', exceptions)
  redis.call('INCRBY', KEYS[7], 1 + #first_text + #ARGV[2] + #route_of + #ARGV[4] + #exceptions)
end
if options and options.u then remember_units(options.u, first, now_ms, #KEYS - 1, admission) end
if quota then save_quota(quota) end
return { 'stored', integer(first), unpack(tell_blocked(admission)) }
