#!lua flags=allow-oom
-- claim: accept what the consumer is done with, then lease up to N ready messages to it.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id   2 max messages   3 lease ms, '' for the queue's, 'none' to accept at once   4 max bytes (one message is always given)
--       5 holder: name shown for the leases   6 consumer, '' when it gave no name   7 ms a silent consumer stays the active one
--       8 'push' for a push subscription: what goes out is counted by its calls, not by its KiB (billing.md §4, D5 and D6)
--       9 leases to accept before, whatever becomes of the rest, separated by spaces; '' for none
-- Reply {'claimed', outcomes, deadline ms, more waiting (0 or 1), holder number, '<position>:<deliveries>[:<KiB>] ...', record, ...}: KiB of a first
--         hand-out, as they are counted: 0 to a push subscription
--       | {'empty', outcomes, ms until something ends, -1 for none, 0 nothing ready, 1 paused, 2 another consumer is active, its name}
--       | {'queue_not_found'} | {'consumer_required', outcomes} | {'shut', outcomes}: an invoice is long overdue
--       outcomes: a letter per lease to accept, 'a' accepted, 's' settled before, 'l' lost
--@include position.lua
--@include queue.lua
--@include line.lua
--@include recover.lua
--@include settled.lua
--@include settling.lua
local recover_budget, first_step, turns_budget, holders_kept = 50, 20, 1000, 1000

local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
local now_ms = clock_ms()
local outcomes = ''
if ARGV[9] ~= '' then
  local letters = { accepted = 'a', already_settled = 's', lease_lost = 'l' }
  local results = accept_leases(settling(q, now_ms), leases_in(ARGV[9]))
  for i, result in ipairs(results) do results[i] = letters[result] end
  outcomes = table.concat(results)
end
local in_force = redis.call('HMGET', KEYS[1], 'log', 'gate')
if in_force[2] == 'shut' then return { 'shut', outcomes } end
local wanted, max_bytes = tonumber(ARGV[2]), tonumber(ARGV[4])
recover(q, now_ms, recover_budget)

local function empty(due, why, active)
  finish(q)
  return { 'empty', outcomes, due and math.max(0, due - now_ms) or -1, why, active }
end

if q.idles then redis.call('HSET', q.hash, 'usedMs', now_ms) end
if q.paused then
  if q.paused == 'on' or tonumber(q.paused) > now_ms then return empty(tonumber(q.paused), 1) end
  redis.call('HDEL', q.hash, 'paused')
end
if q.single then
  if ARGV[6] == '' then return { 'consumer_required', outcomes } end
  local active = redis.call('HMGET', q.hash, 'active', 'activeUntil')
  if active[1] and active[1] ~= ARGV[6] then
    -- It keeps its place while it holds a lease, however long it is silent.
    local leases_end = redis.call('ZRANGE', q.leased, 0, 0, 'WITHSCORES')[2]
    local till = math.max(tonumber(active[2]), tonumber(leases_end or '0'))
    if till > now_ms then return empty(till, 2, active[1]) end
  end
end

local leases_out = ARGV[3] ~= 'none'
local lease_ms = leases_out and (tonumber(ARGV[3]) or q.lease_ms) or 0
local deadline = now_ms + lease_ms
local deadline_text = integer(deadline)
local reply, leases, names = { 'claimed', outcomes, deadline, 0, 0, '' }, {}, {}
local before_records = #reply
local claimed, bytes, first_kib = 0, 0, 0

local function holder_number()
  local number = redis.call('HGET', q.holders, ARGV[5])
  if number then return number end
  if redis.call('HLEN', q.holders) >= holders_kept then redis.call('UNLINK', q.holders) end
  number = redis.call('HINCRBY', q.hash, 'holderNumber', 1)
  redis.call('HSET', q.holders, ARGV[5], number)
  return tostring(number)
end
local holder = holder_number()
reply[5] = tonumber(holder)

local logging = in_force[1] ~= 'off'
local metered = ARGV[8] ~= 'push'
local may_expire = redis.call('EXISTS', q.expiring) == 1

-- 'no room' when the message would make the answer too large, 'expired' when it must not be handed out, else nil.
local function lease(position, deliveries, record)
  if may_expire and has_expired(q, position, now_ms) then
    die(q, position, deliveries, size_of(record), 'expired', now_ms, record)
    return 'expired'
  end
  if claimed > 0 and bytes + #record > max_bytes then return 'no room' end
  bytes = bytes + #record
  claimed = claimed + 1
  local count = deliveries + 1
  leases[claimed * 2 - 1] = deadline_text
  leases[claimed * 2] = padded(position) .. ':' .. text_of(count) .. ':' .. size_of(record) .. ':' .. holder
  local name = position .. ':' .. text_of(count)
  if count == 1 then
    local kib = 0
    if metered then
      local a, b, c = string.byte(record, 2, 4)
      kib = a * 65536 + b * 256 + c
      first_kib = first_kib + kib
    end
    name = name .. ':' .. text_of(kib)
  end
  names[claimed] = name
  reply[before_records + claimed] = record
  return nil
end

-- What waits in `waiting`, in its order; `prefix` is the length of what stands before the member.
local function claim_waiting(prefix)
  while claimed < wanted do
    local entries = redis.call('ZRANGE', q.waiting, 0, math.min(wanted - claimed, 100) - 1)
    if #entries == 0 then return end
    for _, entry in ipairs(entries) do
      local position, deliveries = parts_of(string.sub(entry, prefix + 1))
      local record = record_at(q, position)
      local answer = record and lease(unpadded(position), deliveries, record)
      if answer == 'no room' then return end
      redis.call('ZREM', q.waiting, entry)
    end
  end
end

local function claim_stream()
  local before = q.cursor
  local has_delayed = redis.call('EXISTS', q.delayed) == 1
  local room = true
  while room and claimed < wanted do
    -- What is read beyond the room of the answer is copied for nothing.
    local fitting = claimed == 0 and first_step or math.max(1, math.floor((max_bytes - bytes) / (bytes / claimed)))
    local step = math.min(wanted - claimed, fitting)
    local found = redis.call('XRANGE', q.messages, '(' .. integer(q.cursor), '+', 'COUNT', step)
    for _, entry in ipairs(found) do
      local position, record = string.sub(entry[1], 1, -3), entry[2][2]
      local waits = has_delayed and redis.call('ZSCORE', q.delayed, member_of(position, 0, size_of(record)))
      if not waits and lease(position, 0, record) == 'no room' then
        room = false
        break
      end
      q.cursor = tonumber(position)
    end
    if #found < step then break end
  end
  if q.cursor ~= before then redis.call('HSET', q.hash, 'cursor', integer(q.cursor)) end
end

local function claim_turns()
  for _ = 1, turns_budget do
    if claimed >= wanted then return end
    local turn = redis.call('ZRANGE', q.turns, 0, 0, 'WITHSCORES')
    local group = turn[1]
    if not group then return end
    local head = head_of(q, group)
    if not head then
      redis.call('ZREM', q.turns, group)
    else
      local position, deliveries = parts_of(string.sub(head, #group + 2))
      local record = record_at(q, position)
      local answer = record and lease(unpadded(position), deliveries, record)
      if answer == 'no room' then return end
      redis.call('ZREM', q.waiting, head)
      if record and not answer then
        if q.kind == 'fifo' then
          redis.call('HSET', q.busy, group, leases[claimed * 2])
          redis.call('ZREM', q.turns, group)
        else
          redis.call('HSET', q.hash, 'turn', turn[2])
          redis.call('ZADD', q.turns, turn[2] + 1, group)
        end
      end
    end
  end
end

if q.kind == 'standard' then
  if redis.call('EXISTS', q.waiting) == 1 then claim_waiting(0) end
  claim_stream()
elseif q.kind == 'priority' then
  claim_waiting(1)
else
  claim_turns()
end

if q.single and (claimed > 0 or ARGV[6] ~= '') then
  redis.call('HSET', q.hash, 'active', ARGV[6], 'activeUntil', integer(now_ms + ARGV[7]))
end
if claimed == 0 then return empty(next_due(q), 0) end

count_usage(now_ms, 'mq_kib_out', 'publish', q.id, first_kib)
finish(q)
reply[before_records] = table.concat(names, ' ')
if logging then log('c', 'q', q.id, 'h', ARGV[5], 't', integer(now_ms), 'm', reply[before_records]) end
if leases_out then
  redis.call('ZADD', q.leased, unpack(leases))
  redis.call('ZADD', KEYS[5], 'LT', deadline, q.id)
else
  local settled = {}
  for i, name in ipairs(names) do
    local delivery, position = string.match(name, '^((%d+):%d+)')
    local record = reply[before_records + i]
    remove(q, position, size_of(record), record)
    free_group(q, q.kind == 'fifo' and group_of(record) or '', position)
    settled[i] = 'a' .. delivery
  end
  log_of_queue('s', q, settled)
end
finish(q)

local function more_waiting()
  if q.kind == 'priority' then return redis.call('EXISTS', q.waiting) end
  if q.grouped then return redis.call('EXISTS', q.turns) end
  local out = redis.call('ZCARD', q.leased) + redis.call('ZCARD', q.delayed) + redis.call('ZCARD', q.deferred)
  return redis.call('XLEN', q.messages) > out and 1 or 0
end
reply[4] = more_waiting()
return reply
