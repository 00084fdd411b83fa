-- Removes a session and everything that points to it.
--
-- KEYS[1]  the session's info. All other keys are made from ARGV[1]; in a cluster it carries the same
--          hash tag as KEYS[1].
--
-- ARGV[1]  what every key begins with: "<prefix>:session:"
-- ARGV[2]  the session's id
--
-- Answer: nil when there is no such session, else how many requests and responses were removed.

local base = ARGV[1]
local session_id = ARGV[2]

local call, try = redis.call, redis.pcall

local owner = call('HMGET', KEYS[1], 'user_id', 'client_ip')
if not owner[2] then
  return nil
end

-- A key may hold a foreign type: it counts for nothing and keeps nothing else from going.
local function length(key)
  local reply = try('LLEN', key)
  return type(reply) == 'number' and reply or 0
end

local requests_key = base .. session_id .. ':requests'
local responses_key = base .. session_id .. ':responses'
local counts = { length(requests_key), length(responses_key) }
call('DEL', KEYS[1], requests_key, responses_key)
try('ZREM', base .. 'index', session_id)
try('ZREM', base .. 'expiry', session_id)

local parts = { 'ip:' .. owner[2] }
if owner[1] and owner[1] ~= '' then
  parts[2] = 'user:' .. owner[1]
end
for _, part in ipairs(parts) do
  try('LREM', base .. 'sessions:' .. part, 0, session_id)
  if try('GET', base .. part) == session_id then
    call('DEL', base .. part)
  end
end
return counts
