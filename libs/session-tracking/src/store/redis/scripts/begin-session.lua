-- Part of append-batch.lua, after remove-session.lua and index-batch.lua: begins sessions.

local SESSIONS_PER_CLIENT = 10000

local index_key = base .. 'index'
local expiry_key = base .. 'expiry'
-- How many sessions went because there were too many.
local capped_sessions = 0
-- How many sessions began in each minute; fewer than none where some are found to have begun earlier.
local new_sessions = {}

local function drop_to_make_room(session_id)
  local records = read_leaving(session_id, math.huge)
  local requests, responses = drop_session(session_id)
  leave_index(session_id, records)
  return requests, responses
end

-- A version 4 UUID that follows from the seed: the same again when Redis replays it.
local function new_session_id(client_position)
  local hash = redis.sha1hex(seed .. client_position)
  return session_id_of(sub(hash, 1, 8) .. '-' .. sub(hash, 9, 12) .. '-4' .. sub(hash, 14, 16) .. '-a'
    .. sub(hash, 18, 20) .. '-' .. sub(hash, 21, 26))
end

-- Whether sessions of this batch have another place in the order of renewal.
local index_renewed = false

local function note_renewal(session_id)
  try('ZADD', expiry_key, now_text, session_id)
  index_renewed = true
end

-- The oldest session of a list that is not open: at an address at which many sign in, an anonymous one may
-- have begun before all of theirs.
local function take_oldest(part)
  local key = base .. 'sessions:' .. part
  local oldest = call('RPOP', key)
  if oldest ~= try('GET', base .. part) then
    return oldest
  end
  local next_oldest = call('RPOP', key)
  call('RPUSH', key, oldest)
  return next_oldest
end

-- Lists a session under a user or an address; where there are too many, the oldest leaves. Returns how
-- many there were, none where the list is of a foreign type.
local function list_session(part, session_id, leave)
  local key = base .. 'sessions:' .. part
  local total = try('LPUSH', key, session_id)
  call('EXPIRE', key, data_ttl)
  if is_error(total) then
    return 0
  end
  if total > SESSIONS_PER_CLIENT and leave(take_oldest(part), drop_to_make_room) then
    capped_sessions = capped_sessions + 1
  end
  return total
end

-- The open session of the address at which a user signs in, unless it led to another user before.
local function find_origin(user_id, address)
  if address == UNKNOWN_ADDRESS or address == '' then
    return nil
  end
  local origin = try('GET', base .. 'ip:' .. address)
  if type(origin) ~= 'string' then
    return nil
  end
  local info = try('HMGET', base .. origin .. ':info', 'created_at', 'next_session_id')
  if info.err or not info[1] then
    return nil
  end
  if info[2] and try('HGET', base .. info[2] .. ':info', 'user_id') ~= user_id then
    return nil
  end
  return origin
end

-- The sign-in may be stored after what the user did next: another instance was faster. Of the newest
-- sessions at the address the first that a user began after this one, and that names none before it.
local SESSIONS_THAT_OVERTAKE = 5
local function find_overtaking(address, first_at)
  local found, found_at
  -- The newest is the one that begins.
  for _, id in ipairs(call('LRANGE', base .. 'sessions:ip:' .. address, 1, SESSIONS_THAT_OVERTAKE)) do
    local info = try('HMGET', base .. id .. ':info', 'user_id', 'created_at', 'previous_session_id')
    local created_at = not is_error(info) and tonumber(info[2])
    if created_at and info[1] and info[1] ~= '' and not info[3] and created_at > tonumber(first_at)
      and created_at < (found_at or math.huge) then
      found, found_at = id, created_at
    end
  end
  return found
end

local function count_begin(created_at, count)
  local minute = math.floor(tonumber(created_at) / 60) * 60
  new_sessions[minute] = (new_sessions[minute] or 0) + count
end

-- Indexes are shared: a foreign type in one costs its entries, never the records. What of a session is
-- counted, and its lists, are written and expire already.
local function begin_session(session_id, open_key, user_id, address, former_address, first_at, aged_id,
  error_count)
  local info_key = base .. session_id .. ':info'
  call('HSET', info_key, 'created_at', first_at, 'error_count', error_count, 'client_ip', address,
    'user_id', user_id, 'indexed_at', now_text, 'expiry_renewed_at', now_text)
  call('EXPIRE', info_key, data_ttl)
  call('SET', open_key, session_id, 'EX', session_ttl)
  try('ZADD', index_key, first_at, session_id)
  note_renewal(session_id)

  local previous_id = aged_id
  if not aged_id and user_id ~= '' then
    previous_id = find_origin(user_id, address) or find_origin(user_id, former_address)
    if previous_id then
      call('HSET', base .. previous_id .. ':info', 'next_session_id', session_id)
    end
  end
  if previous_id then
    call('HSET', info_key, 'previous_session_id', previous_id)
  end

  local sessions_at_address = list_session('ip:' .. address, session_id, leave_address)
  if user_id ~= '' then
    list_session('user:' .. user_id, session_id, drop_to_make_room)
  elseif not aged_id and address ~= UNKNOWN_ADDRESS and sessions_at_address > 1 then
    local next_id = find_overtaking(address, first_at)
    if next_id then
      call('HSET', info_key, 'next_session_id', next_id)
      call('HSET', base .. next_id .. ':info', 'previous_session_id', session_id)
    end
  end
  count_begin(first_at, 1)
end
