-- ARGV: keep, key -> what was drawn and not refilled, and the moment at which it was that
local drawn = redis.call('HMGET', prefix .. 'rate:' .. ARGV[2], 'level', 'since')
return { tonumber(drawn[1] or 0), tonumber(drawn[2] or 0) }
