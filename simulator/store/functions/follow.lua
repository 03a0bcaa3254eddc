-- A node has moved its clock to where that of the run was, and asks where it is now.
-- ARGV: keep, node, where its clock is -> where that of the run is, and how many nodes that are alive have not moved there
local reached = run .. ':reached'
redis.call('HSET', reached, ARGV[2], ARGV[3])
redis.call('PEXPIRE', reached, keep)
redis.call('PEXPIRE', run .. ':clock', keep)
local moment = tonumber(redis.call('HGET', run .. ':clock', 'moment') or 0)
local late = 0
for _, node in ipairs(redis.call('SMEMBERS', run .. ':nodes')) do
  local where = tonumber(redis.call('HGET', reached, node) or 0)
  if where < moment and redis.call('EXISTS', run .. ':node:' .. node) == 1 then late = late + 1 end
end
return { moment, late }
