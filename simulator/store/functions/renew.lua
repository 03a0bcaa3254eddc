-- The node is alive. What dead ones have left is forgotten.
-- ARGV: keep, node, its lease in milliseconds, whether its events are all in the stream (join.lua)
--   -> 1: its lease had not ended
local lease = run .. ':node:' .. ARGV[2]
local was_alive = redis.call('EXISTS', lease)
redis.call('SET', lease, ARGV[4], 'PX', ARGV[3])
redis.call('SADD', run .. ':nodes', ARGV[2])
for _, node in ipairs(redis.call('SMEMBERS', run .. ':nodes')) do
  if redis.call('EXISTS', run .. ':node:' .. node) == 0 then redis.call('SREM', run .. ':nodes', node) end
end
redis.call('PEXPIRE', run .. ':nodes', keep)
redis.call('PEXPIRE', run .. ':clock', keep)
redis.call('PEXPIRE', run .. ':journal', keep)
return { was_alive }
