-- Part of append-batch.lua: goes through the batch and answers.

local PRUNED_PER_BATCH = 100

local client_count
local exchange_position = 0
local rejected, erased, session_ids = {}, {}, {}

local channel = base .. 'live'
local listeners = try('PUBSUB', 'NUMSUB', channel)
local is_live = not is_error(listeners) and (tonumber(listeners[2]) or 0) > 0
local live_lines = {}

-- What one client sent, for one client after the other: a table of its own for each is dear. Beyond the
-- counts of the client stands what others left.
local requests, responses, request_ids, told = {}, {}, {}, {}

-- A line of JSON for each record, as a TrackedRecord; records come with their types before them.
local function tell_live(session_id, user_id, address, told_count)
  local head = '{"session_id":"' .. session_id .. '","user_id":' .. cjson.encode(user_id)
    .. ',"client_ip":' .. cjson.encode(address) .. ',"type":'
  for position = 1, told_count do
    live_lines[#live_lines + 1] = head .. told[position] .. '}'
  end
end

-- When an exchange arrived, in milliseconds: a lone response as long before its end as it took.
local function arrival_of(request_at, response_at, response_rest)
  if request_at ~= '' then
    return tonumber(request_at) * 1000
  end
  return tonumber(response_at) * 1000 - number(match(response_rest, '"duration_ms":([%d.e+-]+)'))
end

-- Whether a response counts as an error (0 or 1), and its microseconds.
local function figures_of(response_rest)
  local duration = number(match(response_rest, '"duration_ms":([%d.e+-]+)'))
  return number(match(response_rest, '^%d+')) >= 400 and 1 or 0, math.floor(duration * 1000 + 0.5)
end

-- Adds an exchange that came after its client's erasure to the totals by minute of that client.
local function keep_totals(minutes, arrived_at, is_request, response_rest)
  local minute = math.floor(arrived_at / 60000) * 60
  local totals = minutes[minute] or { 0, 0, 0, 0 }
  minutes[minute] = totals
  totals[1] = totals[1] + (is_request and 1 or 0)
  if response_rest ~= '' then
    local error_count, microseconds = figures_of(response_rest)
    totals[2] = totals[2] + 1
    totals[3] = totals[3] + error_count
    totals[4] = totals[4] + microseconds
  end
end

-- Where there are too many sessions, those that were unused for longest go.
local function make_room()
  local kept = try('ZCARD', expiry_key)
  local excess = is_error(kept) and 0 or math.min(kept - max_sessions, PRUNED_PER_BATCH)
  if excess <= 0 then
    return
  end
  for _, session_id in ipairs(call('ZRANGE', expiry_key, 0, excess - 1)) do
    local succeeded, requests = pcall(drop_to_make_room, session_id)
    if succeeded and requests then
      capped_sessions = capped_sessions + 1
    else
      try('ZREM', index_key, session_id)
      call('ZREM', expiry_key, session_id)
    end
  end
  remove_leaving()
end

client_count, at = unpack_at('>H', packed, at)
for client_position = 1, client_count do
  local user_id, address, former_address, first_at, last_at, microseconds
  local response_count, error_count, partial, minute_place, exchange_count
  user_id, address, former_address, first_at, last_at, microseconds, response_count, error_count,
    partial, minute_place, exchange_count, at = unpack_at('>Bc0Bc0Bc0Bc0Bc0I8HHBBH', packed, at)
  local owner = user_id == '' and 'ip:' .. address or 'user:' .. user_id
  local gone_at = erased_at(owner)
  if not gone_at and former_address ~= '' then
    gone_at = erased_at('ip:' .. former_address)
  end
  if gone_at then
    kept_totals[owner] = { gone_at = gone_at }
  end
  if minute_place ~= NO_MINUTE then
    count_whole(minute_place, owner, exchange_count, response_count, error_count, microseconds)
  end
  local request_count, kept_responses, told_count = 0, 0, 0
  local kept_first, kept_last
  local request_at, request_head, request_id, request_tail, response_at, response_rest
  for _ = 1, exchange_count do
    request_at, request_head, request_id, request_tail, response_at, response_rest, at =
      unpack_at('>Bc0Hc0Bc0Hc0Bc0Hc0', packed, at)
    exchange_position = exchange_position + 1
    local arrived_ms = gone_at and arrival_of(request_at, response_at, response_rest)
    if gone_at and arrived_ms - clock_ahead <= gone_at then
      erased[#erased + 1] = exchange_position
      if response_rest ~= '' then
        local was_error, took = figures_of(response_rest)
        error_count = error_count - was_error
        microseconds = microseconds - took
      end
    else
      if gone_at then
        keep_totals(kept_totals[owner], arrived_ms, request_at ~= '', response_rest)
        local arrived_at = request_at ~= '' and request_at or response_at
        local ended_at = response_at ~= '' and response_at or arrived_at
        kept_first = (not kept_first or number(arrived_at) < number(kept_first)) and arrived_at or kept_first
        kept_last = (not kept_last or number(ended_at) > number(kept_last)) and ended_at or kept_last
      end
      if request_at ~= '' then
        request_count = request_count + 1
        request_ids[request_count] = request_id
        requests[request_count] = '{"timestamp":' .. request_at .. ',"path":"' .. request_head
          .. ',"request_id":"' .. request_id .. '"' .. request_tail .. '}'
        if is_live then
          told_count = told_count + 1
          told[told_count] = '"request","record":' .. requests[request_count]
        end
      end
      if response_rest ~= '' then
        kept_responses = kept_responses + 1
        responses[kept_responses] = '{"timestamp":' .. response_at .. ',"request_id":"' .. request_id
          .. '","status_code":' .. response_rest .. '}'
        if is_live then
          told_count = told_count + 1
          told[told_count] = '"response","record":' .. responses[kept_responses]
        end
      end
    end
  end
  local session_id
  if request_count + kept_responses > 0 then
    if gone_at then
      first_at, last_at = kept_first, kept_last
    elseif first_at == '' then
      first_at, last_at = request_at, response_at
    end
    -- An address that was erased meanwhile does not come back with a user who was there before.
    local address_gone_at = user_id ~= '' and erased_at('ip:' .. address)
    if address_gone_at and tonumber(first_at) * 1000 - clock_ahead <= address_gone_at then
      address = UNKNOWN_ADDRESS
    end
    -- What nobody foresaw may cost one client's records, never those of the rest of the batch.
    local succeeded
    succeeded, session_id = pcall(store_client, client_position, owner, user_id, address,
      former_address, first_at, last_at, microseconds, error_count, partial == 1, requests, request_count, responses,
      kept_responses, request_ids)
    if not succeeded or not session_id then
      rejected[#rejected + 1] = client_position
      session_id = nil
    elseif is_live then
      tell_live(session_id, user_id, address, told_count)
    end
  end
  session_ids[client_position] = session_id or ''
end
-- An error from here on would leave the batch half done: each part may fail on its own.
pcall(remove_leaving)
pcall(index_requests)

local minute_count
minute_count, at = unpack_at('>H', packed, at)
for place = 0, minute_count - 1 do
  add_minute(place)
end
add_remaining_begins()

-- Index entries of sessions whose data has gone; the few oldest each time keep up with arrivals.
local function prune_index()
  call('EXPIRE', index_key, data_ttl)
  call('EXPIRE', expiry_key, data_ttl)
  local gone = try('ZRANGEBYSCORE', expiry_key, '-inf', now - data_ttl - renewal_age, 'LIMIT', 0,
    PRUNED_PER_BATCH)
  if not is_error(gone) and #gone > 0 then
    try('ZREM', index_key, unpack(gone))
    try('ZREM', expiry_key, unpack(gone))
  end
  make_room()
end
if index_renewed then
  pcall(prune_index)
end

if is_live and #live_lines > 0 then
  try('PUBLISH', channel, table.concat(live_lines, '\n'))
end

local answer = sequence_name .. ' ' .. pending .. ' ' .. capped_clients .. ' ' .. capped_sessions .. '\n'
  .. table.concat(rejected, ' ') .. '\n' .. table.concat(erased, ' ') .. '\n'
if names_sessions then
  answer = answer .. table.concat(session_ids, '\n')
end
return finish(answer, names_sessions or #rejected + #erased + capped_clients + capped_sessions > 0)
