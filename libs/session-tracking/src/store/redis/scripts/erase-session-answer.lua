-- Part of erase-session.lua: what its client sent so far and is still on its way must not come back.

local owner = call('HMGET', KEYS[1], 'user_id', 'client_ip')
if not owner[2] then
  return nil
end
bury((owner[1] or '') == '' and 'ip:' .. owner[2] or 'user:' .. owner[1], ARGV[3])
return { remove_session(ARGV[2]) }
