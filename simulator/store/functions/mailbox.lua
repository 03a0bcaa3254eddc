-- ARGV: keep, now, key, level at its first contact -> level, the moment at which it was that, first contact
local key = prefix .. 'mailbox:' .. ARGV[3]
local box = redis.call('HMGET', key, 'level', 'since', 'first')
if not box[1] then
  box = { ARGV[4], ARGV[2], ARGV[2] }
  redis.call('HSET', key, 'level', box[1], 'since', box[2], 'first', box[3])
end
redis.call('PEXPIRE', key, keep)
return { tonumber(box[1]), tonumber(box[2]), tonumber(box[3]) }
