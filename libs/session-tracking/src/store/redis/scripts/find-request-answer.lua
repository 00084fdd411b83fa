-- Part of find-request.lua.

return find_request(ARGV[2])
