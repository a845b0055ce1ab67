#!lua flags=no-writes
-- locate: whether a message lies in one state of a queue, a page at a time. No body leaves the store.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id   2 message id   3 the position that the id names   4 place, leased, delayed or dead
--       5 token to go on after, '' at first   6 most messages looked at   7 'own' to look at messages with an id of their own too
-- Reply {'found', member; dead: its position among the dead} | {'next', token, '' when done} | {'queue_not_found'}
--       place: {'found', ''} when the message lies at its position, in whatever state, else {'next', ''}
--@include position.lua
--@include queue.lua
--@include line.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
local id, position, state, after, most, own = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7] == 'own'

-- The id that a moved message carries along: flag 0x40, property 10 (record.ts).
local function own_id_of(record)
  if math.floor(string.byte(record, 5) / 64) % 2 == 0 then return nil end
  local a, b, c = string.byte(record, 6, 8)
  local offset, stop = 9, 9 + (a * 256 + b) * 256 + c
  while offset < stop do
    local value, following = property_at(record, offset, 10)
    if value then return value end
    local high, low = string.byte(record, offset + 1, offset + 2)
    offset = following + 3 + high * 256 + low
  end
  return nil
end

local function is_it(at, record)
  local carried = own_id_of(record)
  if carried then return carried == id end
  return tonumber(at) == position
end

if state == 'place' then
  local record = record_at(q, integer(position))
  return record and not own_id_of(record) and { 'found', '' } or { 'next', '' }
end

if state == 'dead' then
  local found = redis.call('XRANGE', q.dead, after == '' and '-' or '(' .. after, '+', 'COUNT', most)
  for _, entry in ipairs(found) do
    if is_it(entry[2][4], entry[2][2]) then return { 'found', string.sub(entry[1], 1, -3) } end
  end
  return { 'next', #found < most and '' or string.sub(found[#found][1], 1, -3) }
end

-- The token is '<score>|<member>'.
local score, member = string.match(after, '^(%d+)|(.*)$')
local entries = redis.call('ZRANGE', q[state], score or '-inf', '+inf', 'BYSCORE', 'LIMIT', 0, most, 'WITHSCORES')
for i = 1, #entries, 2 do
  local at = parts_of(entries[i])
  if own or tonumber(at) == position then
    local record = record_at(q, integer(tonumber(at)))
    if record and is_it(at, record) then return { 'found', entries[i] } end
  end
end
local last = #entries < most * 2 and '' or entries[#entries] .. '|' .. entries[#entries - 1]
return { 'next', last == after and '' or last }
