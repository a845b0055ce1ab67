#!lua flags=allow-oom
-- swap: put a staged topology into force. The stream of changes starts anew: it cannot bridge the gap.
-- KEYS  1 topology in force (hash)   2 staging (hash)   3 changes (stream)
-- ARGV  1 version seen in force ('': none)   2 version of the staged one
-- Reply {'swapped'} | {'superseded'} when another version came into force since
if (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[1] then
  redis.call('UNLINK', KEYS[2])
  return { 'superseded' }
end
redis.call('HSET', KEYS[2], 'version', ARGV[2])
redis.call('PERSIST', KEYS[2])
-- Prices and gates are no part of the topology (libs/metering/src/terms); the counted quota lies nowhere else.
for _, field in ipairs({ 'terms', 'price', 'gate', 'limits', 'used' }) do
  local value = redis.call('HGET', KEYS[1], field)
  if value then redis.call('HSET', KEYS[2], field, value) end
end
redis.call('UNLINK', KEYS[1], KEYS[3])
redis.call('RENAME', KEYS[2], KEYS[1])
return { 'swapped' }
