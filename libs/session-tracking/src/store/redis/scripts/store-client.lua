-- Part of append-batch.lua: stores what one client sent.

local SESSIONS_PER_CLIENT = 10000
-- Requests of a session whose entries in the index are written anew; older ones are not found any more.
local REQUESTS_INDEXED_ANEW = 1000

local index_key = base .. 'index'
local expiry_key = base .. 'expiry'
local index_renewed = false
-- How many sessions began in each minute; fewer than none where some are found to have begun earlier.
local new_sessions = {}

-- By shards of the index of requests: in turn a reference and the session's id.
local found_again = {}
-- Whether a session of this batch has written its entries anew: many at once would hold Redis up.
local indexed_anew = false

-- A version 4 UUID whose random bits are a hash of the seed: the same again when Redis replays it.
local function new_session_id(client_position)
  local hash = redis.sha1hex(seed .. client_position)
  local variant = tonumber(sub(hash, 17, 17), 16) % 4 + 1
  return sub(hash, 1, 8) .. '-' .. sub(hash, 9, 12) .. '-4' .. sub(hash, 14, 16) .. '-'
    .. sub('89ab', variant, variant) .. sub(hash, 18, 20) .. '-' .. sub(hash, 21, 32)
end

-- Appends to a list. Returns false when it holds a foreign type.
local function append(key, records)
  local count = #records
  if count == 0 then
    return true
  end
  local total = try('RPUSH', key, unpack(records))
  if is_error(total) then
    return false
  end
  if total == count then
    call('EXPIRE', key, data_ttl)
  end
  if total > max_records then
    call('LTRIM', key, -max_records, -1)
  end
  return true
end

-- Lists a session under a user or an address; where there are too many, the oldest leaves.
local function list_session(part, session_id, leave)
  local key = base .. 'sessions:' .. part
  local total = try('LPUSH', key, session_id)
  if not is_error(total) and total > SESSIONS_PER_CLIENT then
    leave(call('RPOP', key))
  end
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
  local ids = try('LRANGE', base .. 'sessions:ip:' .. address, 0, SESSIONS_THAT_OVERTAKE - 1)
  for _, id in ipairs(is_error(ids) and {} or ids) do
    local info = try('HMGET', base .. id .. ':info', 'user_id', 'created_at', 'previous_session_id')
    local created_at = not is_error(info) and tonumber(info[2])
    if created_at and info[1] and info[1] ~= '' and not info[3] and created_at > tonumber(first_at)
      and created_at < (found_at or math.huge) then
      found, found_at = id, created_at
    end
  end
  return found
end

local function find_again(session_id, request_ids)
  local session_bytes = to_bytes(session_id)
  for _, request_id in ipairs(request_ids) do
    local reference = reference_of(request_id)
    local shard = shard_of(reference)
    local entries = found_again[shard]
    if not entries then
      entries = {}
      found_again[shard] = entries
    end
    entries[#entries + 1] = reference
    entries[#entries + 1] = session_bytes
  end
end

-- A session that goes on outlives the entries of its first requests: they are written anew in time.
local function index_anew(session_id)
  local request_ids = {}
  local records = call('LRANGE', base .. session_id .. ':requests', -REQUESTS_INDEXED_ANEW, -1)
  for position, record in ipairs(records) do
    request_ids[position] = request_id_in(record)
  end
  find_again(session_id, request_ids)
  call('HSET', base .. session_id .. ':info', 'indexed_at', now)
  indexed_anew = true
end

local function renew_expiry(session_id, client_part)
  -- The address of its first request: a user may have moved on since.
  local info = call('HMGET', base .. session_id .. ':info', 'client_ip', 'indexed_at')
  local address_part = 'ip:' .. (info[1] or '')
  if not indexed_anew and now - number(info[2]) > (request_ttl - data_ttl) * 0.8 then
    index_anew(session_id)
  end
  call('EXPIRE', base .. client_part, session_ttl)
  call('EXPIRE', base .. session_id .. ':info', data_ttl)
  call('EXPIRE', base .. session_id .. ':requests', data_ttl)
  call('EXPIRE', base .. session_id .. ':responses', data_ttl)
  call('EXPIRE', base .. 'sessions:' .. client_part, data_ttl)
  if address_part ~= client_part then
    call('EXPIRE', base .. 'sessions:' .. address_part, data_ttl)
  end
  try('ZADD', expiry_key, now, session_id)
  index_renewed = true
end

local function count_begin(created_at, count)
  local minute = math.floor(tonumber(created_at) / 60) * 60
  new_sessions[minute] = (new_sessions[minute] or 0) + count
end

-- Indexes are shared: a foreign type in one costs its entries, never the records.
local function begin_session(session_id, open_key, user_id, address, former_address, first_at, aged_id, partial)
  local info_key = base .. session_id .. ':info'
  call('HSET', info_key, 'created_at', first_at, 'client_ip', address, 'user_id', user_id,
    'indexed_at', now)
  if partial then
    call('HSET', info_key, 'partial', '1')
  end
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
  if user_id == '' and not aged_id and address ~= UNKNOWN_ADDRESS then
    local next_id = find_overtaking(address, first_at)
    if next_id then
      call('HSET', info_key, 'next_session_id', next_id)
      call('HSET', base .. next_id .. ':info', 'previous_session_id', session_id)
    end
  end
  call('SET', open_key, session_id, 'EX', session_ttl)
  try('ZADD', index_key, first_at, session_id)
  list_session('ip:' .. address, session_id, leave_address)
  if user_id ~= '' then
    list_session('user:' .. user_id, session_id, remove_session)
  end
  if aged_id then
    call('EXPIRE', base .. aged_id .. ':info', ended_ttl)
    call('EXPIRE', base .. aged_id .. ':requests', ended_ttl)
    call('EXPIRE', base .. aged_id .. ':responses', ended_ttl)
  end
  count_begin(first_at, 1)
end

-- Writes where the requests of the batch are.
local function index_requests()
  local slice = slice_at(now)
  for shard, entries in pairs(found_again) do
    local key = slice_key(slice, shard)
    local is_foreign = false
    for first = 1, #entries, REFERENCES_PER_CALL do
      local last = math.min(first + REFERENCES_PER_CALL - 1, #entries)
      is_foreign = is_foreign or is_error(try('HSET', key, unpack(entries, first, last)))
    end
    if not is_foreign and call('TTL', key) < 0 then
      call('EXPIREAT', key, slice + request_ttl)
    end
  end
end

-- Returns the session's id, or nil when one of its keys holds a foreign type.
local function store_client(client_position, user_id, address, former_address, first_at, last_at,
  microseconds, response_count, error_count, partial, requests, responses, request_ids)
  local own_part = user_id == '' and 'ip:' .. address or 'user:' .. user_id
  local client_part = own_part
  local session_id = try('GET', base .. own_part)
  if not session_id and former_address ~= '' and user_id == '' then
    session_id = try('GET', base .. 'ip:' .. former_address)
    client_part = 'ip:' .. former_address
  end
  if is_error(session_id) then
    return nil
  end

  local info
  local aged_id
  if session_id then
    info = try('HMGET', base .. session_id .. ':info', 'created_at', 'last_seen_at',
      'request_count', 'response_count', 'error_count', 'duration_us_total', 'expiry_renewed_at')
    if is_error(info) then
      return nil
    end
    local created_at = tonumber(info[1])
    if not created_at then
      session_id = nil
    elseif tonumber(first_at) - created_at >= max_session then
      aged_id = session_id
      session_id = nil
    end
  end

  local created = not session_id
  if created then
    client_part = own_part
    session_id = new_session_id(client_position)
    info = { first_at, first_at, 0, 0, 0, 0, 0 }
  end

  local key = base .. session_id
  if not append(key .. ':requests', requests) then
    return nil
  end
  if not append(key .. ':responses', responses) then
    call('LTRIM', key .. ':requests', 0, -1 - #requests)
    return nil
  end

  -- Unix times have as many digits before the point for centuries, so they compare as texts.
  local last_seen_at = info[2] or ''
  if last_at > last_seen_at then
    last_seen_at = last_at
  end
  -- Formatted here, because Redis prints a Lua number digit by digit as a float.
  call('HSET', key .. ':info', 'last_seen_at', last_seen_at,
    'request_count', format('%d', number(info[3]) + #requests),
    'response_count', format('%d', number(info[4]) + response_count),
    'error_count', format('%d', number(info[5]) + error_count),
    'duration_us_total', format('%d', number(info[6]) + microseconds))

  local before_begin = not created and tonumber(info[1]) - tonumber(first_at) or 0
  if before_begin > 0 and before_begin < tonumber(session_ttl) then
    -- A request that took long ends, and is stored, after others that came later.
    call('HSET', key .. ':info', 'created_at', first_at)
    try('ZADD', index_key, 'XX', first_at, session_id)
    count_begin(info[1], -1)
    count_begin(first_at, 1)
  end
  if created then
    begin_session(session_id, base .. own_part, user_id, address, former_address, first_at, aged_id, partial)
  end
  if created or math.abs(now - number(info[7])) >= renewal_age then
    call('HSET', key .. ':info', 'expiry_renewed_at', now)
    renew_expiry(session_id, client_part)
  end
  find_again(session_id, request_ids)
  return session_id
end
