-- ARGV: keep, node, total, and client and count for each -> nothing: the node's connections, as it knows them itself
local open = base .. ':open:' .. ARGV[2]
redis.call('DEL', open)
if ARGV[3] == '0' then return {} end
redis.call('HSET', open, '*', ARGV[3])
for i = 4, #ARGV, 2 do redis.call('HSET', open, ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', open, keep)
return {}
