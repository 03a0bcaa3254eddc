-- ARGV: keep, now, level at the first contact -> level, and the moment at which it was that
local _, first = first_contact(ARGV[2])
local spool = redis.call('HMGET', base, 'spool', 'spool_since')
if not spool[1] then return { tonumber(ARGV[3]), first } end
return { tonumber(spool[1]), tonumber(spool[2]) }
