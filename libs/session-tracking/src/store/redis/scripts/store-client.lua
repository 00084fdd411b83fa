-- Part of append-batch.lua, after begin-session.lua and index-batch.lua: stores what one client sent.

local index_renewed = false

-- Appends the first so many records to a list. Returns false when it holds a foreign type.
local function append(key, records, count)
  if count == 0 then
    return true
  end
  local total = try('RPUSH', key, unpack(records, 1, count))
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

-- A session that began after the first of these Unix times, and is used before the second, is not too old.
local SLACK = 60
local POINT = string.byte('.')
local young_since = format('%.0f', now + SLACK - max_session)
local young_until = format('%.0f', now + SLACK)

-- Whether a session is certainly not too old: to compare texts is quicker than to subtract numbers. It is
-- right where they have ten digits before the point, as all times between 2001 and 2286; a time of fewer
-- that is the lesser text is the lesser number too, and one of more has no point at the eleventh place.
local function is_young(created_at, first_at)
  local eleventh = string.byte(first_at, 11)
  return match(created_at, '^%d%d%d%d%d%d%d%d%d%d%.?%d*$') and created_at > young_since
    and first_at < young_until and (not eleventh or eleventh == POINT)
end

-- The text of a counter with more added, whatever another program made of it. Formatted here, because
-- Redis prints a Lua number digit by digit as a float; where there is nothing to add, not even that.
local function added(counter, more)
  return more == 0 and counter and match(counter, '^%d+$') or format('%d', (tonumber(counter) or 0) + more)
end

-- Returns the session's id, or nil when one of its keys holds a foreign type.
local function store_client(client_position, user_id, address, former_address, first_at, last_at,
  microseconds, error_count, partial, requests, request_count, responses, response_count, request_ids)
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

  local info, aged_id
  if session_id then
    info = try('HMGET', base .. session_id .. ':info', 'created_at', 'last_seen_at',
      'request_count', 'response_count', 'error_count', 'duration_us_total', 'expiry_renewed_at')
    if is_error(info) then
      return nil
    end
    local created_at = info[1] or ''
    if not is_young(created_at, first_at) then
      if not match(created_at, '^%d+%.?%d*$') then
        session_id = nil
      elseif tonumber(first_at) - tonumber(created_at) >= max_session then
        aged_id = session_id
        session_id = nil
      end
    end
  end

  local created = not session_id
  if created then
    client_part = own_part
    session_id = new_session_id(client_position)
    info = { first_at, first_at, 0, 0, 0, 0, 0 }
  end

  local key = base .. session_id
  local info_key = key .. ':info'
  if not append(key .. ':requests', requests, request_count) then
    return nil
  end
  if not append(key .. ':responses', responses, response_count) then
    call('LTRIM', key .. ':requests', 0, -1 - request_count)
    return nil
  end

  -- Unix times have as many digits before the point for centuries, so they compare as texts.
  local last_seen_at = info[2] or ''
  if last_at > last_seen_at then
    last_seen_at = last_at
  end
  local requests_in_all = added(info[3], request_count)
  local responses_in_all = info[4] == info[3] and response_count == request_count and requests_in_all
    or added(info[4], response_count)
  call('HSET', info_key, 'last_seen_at', last_seen_at, 'request_count', requests_in_all,
    'response_count', responses_in_all, 'error_count', added(info[5], error_count),
    'duration_us_total', added(info[6], microseconds))

  if first_at < info[1] and tonumber(info[1]) - tonumber(first_at) < tonumber(session_ttl) then
    -- A request that took long ends, and is stored, after others that came later.
    call('HSET', info_key, 'created_at', first_at)
    try('ZADD', index_key, 'XX', first_at, session_id)
    count_begin(info[1], -1)
    count_begin(first_at, 1)
  end
  if created then
    begin_session(session_id, base .. own_part, user_id, address, former_address, first_at, aged_id, partial)
  end
  if created or math.abs(now - number(info[7])) >= renewal_age then
    call('HSET', info_key, 'expiry_renewed_at', now)
    renew_expiry(session_id, client_part)
  end
  find_again(session_id, request_ids, request_count)
  return session_id
end
