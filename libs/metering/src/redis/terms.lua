#!lua flags=allow-oom
-- terms: what a publish costs and whether it may happen; never goes back to an older version.
-- KEYS  1 topology (hash)
-- ARGV  1 version   2 price (JSON)   3 gate   4 limits   5 '<month> <used> <used> <used> <used>', taken when nothing is counted yet
--       '' for none
-- Reply {'written' | 'superseded'}
local fields = { 'price', 'gate', 'limits' }
local in_force = tonumber(redis.call('HGET', KEYS[1], 'terms') or '0')
if in_force > tonumber(ARGV[1]) then return { 'superseded' } end
redis.call('HSET', KEYS[1], 'terms', ARGV[1])
for i, field in ipairs(fields) do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], field) else redis.call('HSET', KEYS[1], field, ARGV[i + 1]) end
end
-- A closed gate counts nothing and comes back to its quota with what was used; an open one is not counted here.
if ARGV[3] == 'quota' then redis.call('HSETNX', KEYS[1], 'used', ARGV[5]) elseif ARGV[3] == '' then redis.call('HDEL', KEYS[1], 'used') end
return { 'written' }
