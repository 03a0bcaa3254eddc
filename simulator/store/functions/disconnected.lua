-- ARGV: keep, node, client -> nothing; nothing happens where none is open
local open = base .. ':open:' .. ARGV[2]
local count = redis.call('HGET', open, ARGV[3])
if not count then return {} end
if tonumber(count) > 1 then
  redis.call('HINCRBY', open, ARGV[3], -1)
else
  redis.call('HDEL', open, ARGV[3])
end
if redis.call('HINCRBY', open, '*', -1) <= 0 then redis.call('DEL', open) end
return {}
