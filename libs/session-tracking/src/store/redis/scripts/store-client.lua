-- Part of append-batch.lua, after begin-session.lua and index-batch.lua: stores what one client sent.

-- Appends the first so many records to a list; where it is full the oldest go, requests with their entries in
-- the index, for which their session is given. Returns false when the list holds a foreign type.
local function append(key, records, count, session_id)
  if count == 0 then
    return true
  end
  local total = try('RPUSH', key, unpack(records, 1, count))
  if type(total) ~= 'number' then
    return false
  end
  if total == count then
    call('EXPIRE', key, data_ttl)
  end
  if total > max_records then
    if session_id then
      leave_index(session_id, read_leaving(session_id, total - max_records))
    end
    call('LTRIM', key, -max_records, -1)
  end
  return true
end

local function renew_expiry(session_id, client_part)
  -- The address of its first request: a user may have moved on since.
  local info = call('HMGET', base .. session_id .. ':info', 'client_ip', 'indexed_at')
  local address_part = 'ip:' .. (info[1] or '')
  index_anew(session_id, info[2])
  call('EXPIRE', base .. client_part, session_ttl)
  call('EXPIRE', base .. session_id .. ':info', data_ttl)
  call('EXPIRE', base .. session_id .. ':requests', data_ttl)
  call('EXPIRE', base .. session_id .. ':responses', data_ttl)
  call('EXPIRE', base .. 'sessions:' .. client_part, data_ttl)
  if address_part ~= client_part then
    call('EXPIRE', base .. 'sessions:' .. address_part, data_ttl)
  end
  note_renewal(session_id)
end

-- The data of a session that ended by age stays for a time of its own.
local function keep_ended(session_id)
  index_anew(session_id, call('HGET', base .. session_id .. ':info', 'indexed_at'))
  call('EXPIRE', base .. session_id .. ':info', ended_ttl)
  call('EXPIRE', base .. session_id .. ':requests', ended_ttl)
  call('EXPIRE', base .. session_id .. ':responses', ended_ttl)
  -- As if it had been renewed when that would lead to the same end.
  try('ZADD', expiry_key, 'XX', format('%d', now - data_ttl + ended_ttl), session_id)
end

local POINT = byte('.')

-- Whether a time has ten digits before the point, as all between 2001 and 2286 have: such can be compared as
-- texts, which is quicker than to read them.
local function has_ten_digits(time_text)
  local eleventh = byte(time_text, 11)
  return eleventh == POINT or not eleventh and #time_text == 10 and not find(time_text, '.', 1, true)
end

-- A session that began after the first of these Unix times, and is used before the second, is not too old.
local SLACK = 60
local young_since = format('%d', now + SLACK - max_session)
local young_until = format('%d', now + SLACK)

-- Whether a session is certainly not too old, and all its times can be compared as texts.
local function is_young(created_at, first_at)
  return created_at > young_since and first_at < young_until and has_ten_digits(first_at)
    and find(created_at, '^%d%d%d%d%d%d%d%d%d%d%.?%d*$')
end

local function is_later(one, other, has_usual_times)
  if has_usual_times then
    return one > other
  end
  return number(one) > number(other)
end

local fresh_since = format('%d', now - renewal_age)
local fresh_until = format('%d', now + renewal_age)

-- Whether the expiry of a session was renewed so lately that it need not be again. Compared as texts too:
-- what is no time of ten digits falls between these for no longer than a time would.
local function is_fresh(renewed_at)
  return renewed_at > fresh_since and renewed_at < fresh_until
end

-- The text of a counter with more added, whatever another program made of it. Formatted here, because
-- Redis prints a Lua number digit by digit as a float; where there is nothing to add, not even that.
local function added(counter, more)
  return more == 0 and counter and match(counter, '^%d+$') or format('%d', (tonumber(counter) or 0) + more)
end

-- Returns the session's id, or nil when one of its lists holds a foreign type; raises an error when
-- another key of it does.
local function store_client(client_position, owner, user_id, address, former_address, first_at, last_at,
  microseconds, error_count, partial, requests, request_count, responses, response_count, request_ids)
  local open_key, client_part = base .. owner, owner
  local session_id = call('GET', open_key)
  if not session_id and former_address ~= '' and user_id == '' then
    client_part = 'ip:' .. former_address
    session_id = call('GET', base .. client_part)
  end

  local info_key, info, aged_id, has_usual_times
  if session_id then
    info_key = base .. session_id .. ':info'
    info = call('HMGET', info_key, 'created_at', 'last_seen_at', 'request_count', 'response_count',
      'duration_us_total', 'expiry_renewed_at')
    local created_at = info[1] or ''
    has_usual_times = is_young(created_at, first_at)
    if not has_usual_times then
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
    session_id = new_session_id(client_position)
    info_key = base .. session_id .. ':info'
    info = { first_at, last_at }
  end

  local requests_key = base .. session_id .. ':requests'
  if not append(requests_key, requests, request_count, session_id) then
    return nil
  end
  if not append(base .. session_id .. ':responses', responses, response_count) then
    call('LTRIM', requests_key, 0, -1 - request_count)
    return nil
  end

  local last_seen_at = info[2] or ''
  if not created and is_later(last_at, last_seen_at, has_usual_times) then
    last_seen_at = last_at
  end
  local requests_in_all = added(info[3], request_count)
  local responses_in_all = info[4] == info[3] and response_count == request_count and requests_in_all
    or added(info[4], response_count)
  call('HSET', info_key, 'last_seen_at', last_seen_at, 'request_count', requests_in_all,
    'response_count', responses_in_all, 'duration_us_total', added(info[5], microseconds))
  if created then
    begin_session(session_id, open_key, user_id, address, former_address, first_at, aged_id, error_count)
    if aged_id then
      keep_ended(aged_id)
    end
  else
    if error_count > 0 then
      call('HSET', info_key, 'error_count', added(call('HGET', info_key, 'error_count'), error_count))
    end
    if is_later(info[1], first_at, has_usual_times)
      and tonumber(info[1]) - tonumber(first_at) < tonumber(session_ttl) then
      -- A request that took long ends, and is stored, after others that came later.
      call('HSET', info_key, 'created_at', first_at)
      try('ZADD', index_key, 'XX', first_at, session_id)
      count_begin(info[1], -1)
      count_begin(first_at, 1)
    end
    if not is_fresh(info[6] or '') then
      call('HSET', info_key, 'expiry_renewed_at', now_text)
      renew_expiry(session_id, client_part)
    end
  end
  if partial then
    call('HSET', info_key, 'partial', '1')
  end
  -- Of more than the list keeps the first are gone already.
  find_again(session_id, request_ids, math.max(1, request_count - max_records + 1), request_count)
  return session_id
end
