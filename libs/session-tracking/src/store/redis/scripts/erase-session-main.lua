-- Part of erase-session.lua: what its client sent so far and is still on its way must not come back.

local owner = try('HMGET', KEYS[1], 'user_id', 'client_ip')
-- Of a foreign type it names nobody.
if not owner.err then
  if not owner[2] then
    return nil
  end
  bury((owner[1] or '') == '' and 'ip:' .. owner[2] or 'user:' .. owner[1], ARGV[3])
end
local requests, responses, has_more = remove_session(ARGV[2])
return { has_more and 0 or 1, requests, responses, has_more and 1 or 0 }
