#!lua flags=allow-oom
-- log-trim: forget entries of a stream that are in the database, one bounded step.
-- KEYS  1 message log or attempts (stream)   2 bytes of its values
-- ARGV  1 id of the last entry to forget   2 most entries
-- Reply {'trimmed', how many}
local found = redis.call('XRANGE', KEYS[1], '-', ARGV[1], 'COUNT', ARGV[2])
local bytes, ids = 0, {}
for i, entry in ipairs(found) do
  ids[i] = entry[1]
  for j = 2, #entry[2], 2 do bytes = bytes + #entry[2][j] end
end
if #ids > 0 then
  redis.call('XDEL', KEYS[1], unpack(ids))
  redis.call('DECRBY', KEYS[2], bytes)
end
return { 'trimmed', #ids }
