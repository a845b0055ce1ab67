#!lua flags=allow-oom
-- reply-take: fetch the answer of a request. An answer is given once; closing an address without one ends it.
-- KEYS  1 reply address (string: empty, or 16 digits of position and the record)
-- ARGV  1 'close' to end the address, '' to go on waiting
-- Reply {'replied', position and record} | {'waiting'} | {'gone'}
local found = redis.call('GET', KEYS[1])
if not found then return { 'gone' } end
if found == '' and ARGV[1] == '' then return { 'waiting' } end
redis.call('DEL', KEYS[1])
if found == '' then return { 'gone' } end
return { 'replied', found }
