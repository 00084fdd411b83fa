-- Part of a script that has the locals `base`, `call` and `try`, and after request-index.lua: removes
-- sessions.

-- What stands for an address that is not known, or not to be known any more.
local UNKNOWN_ADDRESS = 'unknown'

-- A key may hold a foreign type: it counts for nothing and keeps nothing else from going.
local function length(key)
  local reply = try('LLEN', key)
  return type(reply) == 'number' and reply or 0
end

-- Removes a session and what points to it, but for the entries of its requests in the index. Returns how many
-- requests and responses went; nil when there is no such session.
local function drop_session(session_id)
  local key = base .. session_id
  local info = try('HMGET', key .. ':info', 'client_ip', 'user_id', 'previous_session_id',
    'next_session_id')
  if not info.err and not info[1] then
    return nil
  end
  local requests, responses = length(key .. ':requests'), length(key .. ':responses')
  call('UNLINK', key .. ':requests', key .. ':responses')
  try('ZREM', base .. 'index', session_id)
  try('ZREM', base .. 'expiry', session_id)
  if info.err then
    -- Another program's now.
    return requests, responses
  end
  call('UNLINK', key .. ':info')

  local parts = { 'ip:' .. info[1] }
  if info[2] and info[2] ~= '' then
    parts[2] = 'user:' .. info[2]
  end
  for _, part in ipairs(parts) do
    try('LREM', base .. 'sessions:' .. part, 0, session_id)
    if try('GET', base .. part) == session_id then
      call('DEL', base .. part)
    end
  end
  if info[3] then
    local previous = base .. info[3] .. ':info'
    if try('HGET', previous, 'next_session_id') == session_id then
      call('HDEL', previous, 'next_session_id')
    end
  end
  if info[4] then
    local next_info = base .. info[4] .. ':info'
    if try('HGET', next_info, 'previous_session_id') == session_id then
      call('HDEL', next_info, 'previous_session_id')
    end
  end
  return requests, responses
end

-- Requests whose entries are removed in one call: everybody else waits for as long as it takes.
local REQUESTS_PER_CALL = 1000

-- The same with the entries of its requests, of a long session a part at a time. Returns how many requests
-- and responses went, and whether there is more of it.
local function remove_session(session_id)
  local key = base .. session_id .. ':requests'
  local records = try('LRANGE', key, 0, REQUESTS_PER_CALL - 1)
  if not records.err then
    forget_requests(session_id, records)
    if #records == REQUESTS_PER_CALL then
      call('LTRIM', key, REQUESTS_PER_CALL, -1)
      return REQUESTS_PER_CALL, 0, true
    end
  end
  return drop_session(session_id)
end

-- Removes a session from the list of an address that must not name it any more: what an anonymous
-- client sent goes, as `remove` does it, the session of a user stays without its address.
local function leave_address(session_id, remove)
  local info_key = base .. session_id .. ':info'
  local user_id = try('HGET', info_key, 'user_id')
  if type(user_id) == 'string' and user_id ~= '' then
    call('HSET', info_key, 'client_ip', UNKNOWN_ADDRESS)
    return nil
  end
  return remove(session_id)
end
