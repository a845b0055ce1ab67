-- part: which queue takes which message, decided before anything is stored. Needs queue.lua, line.lua, recover.lua and gate.lua.
local day_ms, drop_budget = 86400000, 1000

local function rotate(current, before, hash, field, window, now_ms)
  local since = tonumber(redis.call('HGET', hash, field) or '0')
  if now_ms - since < window then return end
  redis.call('UNLINK', before)
  if redis.call('EXISTS', current) == 1 then
    redis.call('RENAME', current, before)
    redis.call('PEXPIRE', before, window)
  end
  redis.call('HSET', hash, field, now_ms)
end

-- Position of the message that was stored with this digest within the window, '@<index>' when it is one of this call;
-- nil when there is none.
local function original_of(q, digest, now_ms)
  if not q.window or not digest then return nil end
  if string.sub(digest, 1, 1) == 'b' and not q.by_body then return nil end
  if q.planned_digests[digest] then return '@' .. q.planned_digests[digest] end
  local position = redis.call('HGET', q.dedup, digest) or redis.call('HGET', q.dedup_before, digest)
  if not position then return nil end
  local stored_ms = math.floor(tonumber(position) / 4096) + 1767225600000
  return now_ms - stored_ms < q.window and position or nil
end

local function remember_dedup(q, digest, position)
  if not q.window or (string.sub(digest, 1, 1) == 'b' and not q.by_body) then return end
  redis.call('HSET', q.dedup, digest, integer(position))
  redis.call('PEXPIRE', q.dedup, 2 * q.window)
end

-- 'maxMessages' or 'maxBytes' when the queue has no room for a record of so many bytes.
local function full(q, bytes)
  if q.bytes_max and (bytes > q.bytes_max or (not q.drop and q.bytes + bytes > q.bytes_max)) then return 'maxBytes' end
  if q.max and not q.drop and q.stored + 1 > q.max then return 'maxMessages' end
  return nil
end

local function unit_done_before(unit, planned, now_ms, first_idempotency_key)
  if not unit.k then return nil end
  local twin = planned[unit.k]
  if twin then return twin.g == unit.g and 'i:@' .. twin.f or 'k' end
  local known = redis.call('HGET', KEYS[first_idempotency_key], unit.k) or redis.call('HGET', KEYS[first_idempotency_key + 1], unit.k)
  if not known then return nil end
  local digest, first, stored_ms = string.match(known, '^(%x+):(%d+):(%d+)$')
  if now_ms - tonumber(stored_ms) >= day_ms then return nil end
  return digest == unit.g and 'i:' .. first or 'k'
end

-- Decides for every message and queue. left_out[i] is true (not stored at all) or a set of queue indexes; blocked: the
-- messages that were left out because of the quota.
local function admit(work, first_record, first_idempotency_key)
  local queues, options, extras, now_ms, quota = work.queues, work.options, work.extras, work.now_ms, work.quota
  local exceptions, left_out, replayed, blocked, refusals = {}, {}, {}, {}, 0
  for _, q in ipairs(queues) do
    q.planned_digests = {}
    if q.max or q.bytes_max then
      q.stored, q.bytes = redis.call('XLEN', q.messages), tonumber(redis.call('HGET', q.hash, 'bytes') or '0')
    end
    if q.window then rotate(q.dedup, q.dedup_before, q.hash, 'dedupSince', q.window, now_ms) end
  end

  local function mark()
    local before = { used = quota and { unpack(quota.used) } }
    for j, q in ipairs(queues) do before[j] = { q.stored, q.bytes } end
    return before
  end
  -- As if the messages from `from` (counted from 0) had not been looked at.
  local function back_to(before, from)
    if quota then quota.used = before.used end
    for j, q in ipairs(queues) do
      q.stored, q.bytes = before[j][1], before[j][2]
      for digest, index in pairs(q.planned_digests) do
        if index >= from then q.planned_digests[digest] = nil end
      end
    end
  end

  -- Returns whether the message is stored or known somewhere, or reached nothing; and how many queues take it.
  local function decide(i, told)
    local targets = work.plan.routes[work.route_index(i)].queues
    local bytes, extra, taken, copies = #ARGV[first_record + i - 1], extras[tostring(i - 1)], #targets == 0, 0
    for _, target in ipairs(targets) do
      local q = queues[target + 1]
      local exception
      if not q.plain then
        local original = original_of(q, extra and extra.u, now_ms)
        local limit = not original and full(q, bytes)
        if original then
          exception = 'd:' .. original
          taken = true
        elseif limit then
          exception = 'r:' .. limit
          refusals = refusals + 1
        end
      end
      if exception then
        told[#told + 1] = (i - 1) .. ':' .. target .. ':' .. exception
        left_out[i] = left_out[i] or {}
        left_out[i][target + 1] = true
      else
        taken, copies = true, copies + 1
        if not q.plain then
          if q.stored then q.stored, q.bytes = q.stored + 1, q.bytes + bytes end
          if extra and extra.u and q.window then q.planned_digests[extra.u] = i - 1 end
        end
      end
    end
    return taken, copies
  end

  -- The same, with the quota: a message beyond it is left out, and counts as refused.
  local function decide_within(i, told)
    if not quota then return (decide(i, told)) end
    local before, told_before, route = mark(), #told, work.plan.routes[work.route_index(i)]
    local taken, copies = decide(i, told)
    if copies == 0 and #route.queues > 0 then return taken end
    local kib = work.kib_of(ARGV[first_record + i - 1])
    if quota_fits(quota, 1, kib, #route.exchanges, copies) then
      quota_take(quota, 1, kib, #route.exchanges, copies)
      return taken
    end
    back_to(before, i - 1)
    while #told > told_before do told[#told] = nil end
    told[#told + 1] = (i - 1) .. ':-:s'
    left_out[i], blocked[#blocked + 1], refusals = true, i, refusals + 1
    return false
  end

  local units, planned = options and options.u or { { f = 0, n = work.count } }, {}
  for u, unit in ipairs(units) do
    local done = unit_done_before(unit, planned, now_ms, first_idempotency_key)
    if done then
      exceptions[#exceptions + 1] = (u - 1) .. ':-:' .. done
      replayed[u] = true
      for i = unit.f + 1, unit.f + unit.n do left_out[i] = true end
    else
      local told, whole, before, blocked_before = {}, true, mark(), #blocked
      for i = unit.f + 1, unit.f + unit.n do whole = decide_within(i, told) and whole end
      if not whole and unit.a then
        back_to(before, unit.f)
        local is_blocked = #blocked > blocked_before
        while #blocked > blocked_before do blocked[#blocked] = nil end
        for i = unit.f + 1, unit.f + unit.n do
          left_out[i] = true
          if is_blocked then blocked[#blocked + 1] = i end
        end
        for i = unit.f, unit.f + unit.n - 1 do told[#told + 1] = i .. ':-:s' end
        replayed[u] = true
      elseif unit.k then
        planned[unit.k] = unit
      end
      for _, exception in ipairs(told) do exceptions[#exceptions + 1] = exception end
    end
  end
  return { exceptions = exceptions, left_out = left_out, replayed = replayed, refusals = refusals, blocked = blocked }
end

-- Notes what the units with an Idempotency-Key stored.
local function remember_units(units, first, now_ms, first_idempotency_key, admission)
  for u, unit in ipairs(units) do
    if unit.k and not (admission.replayed and admission.replayed[u]) then
      local current = KEYS[first_idempotency_key]
      if redis.call('HSETNX', current, '', now_ms) == 0 and now_ms - tonumber(redis.call('HGET', current, '')) >= day_ms then
        redis.call('UNLINK', KEYS[first_idempotency_key + 1])
        redis.call('RENAME', current, KEYS[first_idempotency_key + 1])
        redis.call('PEXPIRE', KEYS[first_idempotency_key + 1], day_ms)
        redis.call('HSET', current, '', now_ms)
      end
      redis.call('HSET', current, unit.k, unit.g .. ':' .. integer(first + unit.f) .. ':' .. now_ms)
      redis.call('PEXPIRE', current, 2 * day_ms)
    end
  end
end

-- drop-oldest: the oldest ready messages go to the dead letters until the queue is within its limits.
local function make_room(q, now_ms)
  if not load(q) then return end
  for _ = 1, drop_budget do
    local stored, bytes = redis.call('XLEN', q.messages), tonumber(redis.call('HGET', q.hash, 'bytes') or '0') - q.freed
    if not ((q.max and stored > q.max) or (q.bytes_max and bytes > q.bytes_max)) then break end
    local position, deliveries, record = take_oldest_ready(q, drop_budget)
    if not deliveries then break end
    die(q, position, deliveries, size_of(record), q.max and stored > q.max and 'max_length' or 'max_bytes', now_ms, record)
  end
  finish(q)
end
