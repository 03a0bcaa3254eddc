-- ARGV: keep, node, client -> open connections of the client, and in all
return open_connections(ARGV[3], ARGV[2])
