#!lua flags=no-writes
-- browse: messages of one state, in its order, without touching them.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id   2 state: ready, leased, delayed, deferred or dead   3 token to go on after, '' at first   4 most messages   5 most bytes
-- Reply {'page', token to go on after or '' when done, position, deliveries, until ms or 0, holder number or 0, more, record, ...}
--       more: deferred: the key; dead: '<position it had>:<reason>'; else ''
--       | {'queue_not_found'}
--@include position.lua
--@include queue.lua
--@include line.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
local after, most, max_bytes = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local reply, bytes, shown = { 'page', '' }, 0, 0

-- False when the page is full.
local function show(position, deliveries, till, holder, more, record)
  if shown > 0 and bytes + #record > max_bytes then return false end
  bytes, shown = bytes + #record, shown + 1
  for _, value in ipairs({ integer(tonumber(position)), tonumber(deliveries), till, holder, more, record }) do reply[#reply + 1] = value end
  return true
end

-- Index sets whose score is a moment; the token is '<score>|<member>'.
local function page_of_set(set)
  local score, member = string.match(after, '^(%d+)|(.*)$')
  local entries = redis.call('ZRANGE', set, score or '-inf', '+inf', 'BYSCORE', 'LIMIT', 0, most + 200, 'WITHSCORES')
  for i = 1, #entries, 2 do
    local is_later = not member or entries[i + 1] ~= score or entries[i] > member
    if is_later then
      local position, deliveries, _, rest = parts_of(entries[i])
      local record = record_at(q, position)
      local holder = set == q.leased and tonumber(string.sub(rest, 2)) or 0
      if record and not show(position, deliveries, tonumber(entries[i + 1]), holder, set == q.deferred and string.sub(rest, 2) or '', record) then return end
      reply[2] = entries[i + 1] .. '|' .. entries[i]
      if shown == most then return end
    end
  end
  reply[2] = ''
end

local function page_of_lex(prefix_of)
  local entries = redis.call('ZRANGE', q.waiting, after == '' and '-' or '(' .. after, '+', 'BYLEX', 'LIMIT', 0, most)
  for _, entry in ipairs(entries) do
    local position, deliveries = parts_of(string.sub(entry, prefix_of(entry) + 1))
    local record = record_at(q, position)
    if record and not show(position, deliveries, 0, 0, '', record) then return end
    reply[2] = entry
  end
  if #entries < most then reply[2] = '' end
end

local function page_of_standard()
  local came_back = after == '' and '-inf' or string.match(after, '^w(%d+)$')
  if came_back then
    local members = redis.call('ZRANGE', q.waiting, came_back == '-inf' and '-inf' or '(' .. came_back, '+inf', 'BYSCORE', 'LIMIT', 0, most)
    for _, member in ipairs(members) do
      local position, deliveries = parts_of(member)
      local record = record_at(q, position)
      if record and not show(position, deliveries, 0, 0, '', record) then return end
      reply[2] = 'w' .. integer(tonumber(position))
    end
    if shown == most then return end
  end
  local from = math.max(q.cursor, tonumber(string.match(after, '^s(%d+)$') or '0'))
  local has_delayed = redis.call('EXISTS', q.delayed) == 1
  local found = redis.call('XRANGE', q.messages, '(' .. integer(from), '+', 'COUNT', most)
  for _, entry in ipairs(found) do
    local position, record = string.sub(entry[1], 1, -3), entry[2][2]
    local waits = has_delayed and redis.call('ZSCORE', q.delayed, member_of(position, 0, size_of(record)))
    if not waits and not show(position, 0, 0, 0, '', record) then return end
    reply[2] = 's' .. position
    if shown == most then return end
  end
  if #found < most then reply[2] = '' end
end

local function page_of_dead()
  local found = redis.call('XRANGE', q.dead, after == '' and '-' or '(' .. after, '+', 'COUNT', most)
  for _, entry in ipairs(found) do
    local record, had, deliveries, reason = entry[2][2], entry[2][4], entry[2][6], entry[2][8]
    local position = string.sub(entry[1], 1, -3)
    if not show(position, deliveries, 0, 0, had .. ':' .. reason, record) then return end
    reply[2] = position
  end
  if #found < most then reply[2] = '' end
end

if ARGV[2] == 'dead' then
  page_of_dead()
elseif ARGV[2] == 'ready' then
  if q.kind == 'standard' then
    page_of_standard()
  elseif q.kind == 'priority' then
    page_of_lex(function() return 1 end)
  else
    -- A group has no NUL byte (doors refuse control characters).
    page_of_lex(function(entry) return (string.find(entry, '\0', 1, true)) end)
  end
else
  page_of_set(q[ARGV[2]])
end
return reply
