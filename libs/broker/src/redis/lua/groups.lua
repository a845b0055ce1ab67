#!lua flags=no-writes
-- groups: groups of a fifo or fair queue by name, what blocks each and until when.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id   2 group to go on after, '' at first (with 3 '0')   3 '1' when 2 is a group   4 most groups   5 one group only, with 3 '='
-- Reply {'groups', name, waiting, state, lease or '', until ms or 0, parked reason or '', ...} | {'queue_not_found'} | {'unsuitable'}
--@include position.lua
--@include queue.lua
--@include line.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
if not q.grouped then return { 'unsuitable' } end
local most, busy_most = tonumber(ARGV[4]), 20000
local reply = { 'groups' }

local function show(group)
  local waiting = redis.call('ZLEXCOUNT', q.waiting, '[' .. group .. '\0', '(' .. group .. '\1')
  local parked = redis.call('HGET', q.parked, group)
  local lease = redis.call('HGET', q.busy, group)
  local till, state = 0, 'ready'
  if lease then
    local leased = redis.call('ZSCORE', q.leased, lease)
    local position, deliveries, size = parts_of(lease)
    local delayed = not leased and redis.call('ZSCORE', q.delayed, member_of(position, deliveries, size))
    state, till = leased and 'in_flight' or 'delayed', tonumber(leased or delayed or '0')
  end
  if parked then state = 'parked' end
  if waiting == 0 and not lease and not parked then return end
  for _, value in ipairs({ group, waiting, state, lease or '', till, parked or '' }) do reply[#reply + 1] = value end
end

if ARGV[3] == '=' then
  show(ARGV[5])
  return reply
end

local names, known = {}, {}
local function add(name)
  if not known[name] and (ARGV[3] == '0' or name > ARGV[2]) then
    known[name] = true
    names[#names + 1] = name
  end
end
local from = ARGV[3] == '0' and '-' or '(' .. ARGV[2] .. '\1'
for _ = 1, most do
  local entry = redis.call('ZRANGE', q.waiting, from, '+', 'BYLEX', 'LIMIT', 0, 1)[1]
  if not entry then break end
  local name = string.sub(entry, 1, string.find(entry, '\0', 1, true) - 1)
  add(name)
  from = '(' .. name .. '\1'
end
for _, set in ipairs({ q.busy, q.parked }) do
  if redis.call('HLEN', set) <= busy_most then
    for _, name in ipairs(redis.call('HKEYS', set)) do add(name) end
  end
end
table.sort(names)
for i = 1, math.min(most, #names) do show(names[i]) end
return reply
