-- ARGV: keep, now, node, client -> open connections of the client, and in all; this one is counted
first_contact(ARGV[2])
local open = base .. ':open:' .. ARGV[3]
redis.call('HINCRBY', open, ARGV[4], 1)
redis.call('HINCRBY', open, '*', 1)
redis.call('PEXPIRE', open, keep)
return open_connections(ARGV[4], ARGV[3])
