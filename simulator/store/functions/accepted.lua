-- A message was taken: it fills the disk and mailboxes, and counts for the queue.
-- ARGV: keep, now, bytes, whether there is a disk, its level at the first contact, its drain (3),
--       after how many messages the queue stops (0: never), a mailbox's level at its first contact, its drain (3),
--       and the mailboxes -> nothing
local now, first = first_contact(ARGV[2])
local bytes = tonumber(ARGV[3])
if ARGV[4] == '1' then
  local spool = redis.call('HMGET', base, 'spool', 'spool_since')
  local tank = { level = tonumber(spool[1] or ARGV[5]), since = tonumber(spool[2] or first) }
  fill(tank, bytes, drain_from(6), now)
  redis.call('HSET', base, 'spool', tank.level, 'spool_since', tank.since)
end
local stop_after = tonumber(ARGV[9])
if stop_after > 0 and redis.call('HINCRBY', base, 'accepted', 1) >= stop_after then
  redis.call('HSET', base, 'accepted', 0, 'stopped_at', now)
end
local drain = drain_from(11)
for i = 14, #ARGV do
  local key = prefix .. 'mailbox:' .. ARGV[i]
  local box = redis.call('HMGET', key, 'level', 'since', 'first')
  local tank = { level = tonumber(box[1] or ARGV[10]), since = tonumber(box[2] or now) }
  fill(tank, bytes, drain, now)
  redis.call('HSET', key, 'level', tank.level, 'since', tank.since, 'first', box[3] or now)
  redis.call('PEXPIRE', key, keep)
end
return {}
