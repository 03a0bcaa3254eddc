-- ARGV: keep, node -> nothing: the node ends
redis.call('DEL', run .. ':node:' .. ARGV[2])
redis.call('SREM', run .. ':nodes', ARGV[2])
redis.call('HDEL', run .. ':reached', ARGV[2])
redis.call('PEXPIRE', run .. ':journal', keep)
return {}
