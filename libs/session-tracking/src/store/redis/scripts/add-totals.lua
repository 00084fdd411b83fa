-- Part of append-batch.lua: adds what the batch brought to the totals of the slots in which it falls.
--
-- What is counted by route waits for fold-totals.lua: many batches add up to hardly more fields than one,
-- so they are cheaper to write together.

local CLIENTS_PER_SLOT = 1000
-- Another one for each batch, by which a reader knows whether it has seen a hash of clients.
local written_at = table.concat(time, '.')
-- How many clients of a batch may take the place of a less busy one in a slot that is full.
local REPLACEMENTS = 4

local pending, capped_clients = 0, 0
-- Of erased clients, by owner and minute: requests, responses, errors and microseconds that came after
-- `gone_at`.
local kept_totals = {}

local function leave_to_fold(start, routes)
  pending = call('RPUSH', pending_key,
    struct.pack('>Bc0h', #start, start, new_sessions[tonumber(start)] or 0) .. routes)
  new_sessions[tonumber(start)] = nil
  call('EXPIRE', pending_key, hours_ttl)
end

local NO_CLIENT = { other = true, written_at = true }

-- Takes the place of the least busy of a few that are drawn by lot, which goes to `other`; of those who
-- are in this batch none, because what they had is already added up. Returns whether there was one.
local function replace_one(key, other, in_batch)
  local drawn = call('HRANDFIELD', key, 3, 'WITHVALUES')
  local weakest, weakest_value, least = nil, nil, math.huge
  for position = 1, #drawn, 2 do
    local requests = number(match(drawn[position + 1], '^%d+'))
    if not NO_CLIENT[drawn[position]] and not in_batch[drawn[position]] and requests < least then
      weakest, weakest_value, least = drawn[position], drawn[position + 1], requests
    end
  end
  if not weakest then
    return false
  end
  local position = 0
  for count in string.gmatch(weakest_value, '%d+') do
    position = position + 1
    other[position] = other[position] + tonumber(count)
  end
  capped_clients = capped_clients + least
  call('HDEL', key, weakest)
  return true
end

-- A client's totals stand in one field: "<requests> <responses> <errors> <microseconds>". Returns it with
-- more added to what it said, if anything.
local function sum_of(value, requests, responses, errors, microseconds)
  local a, b, c, d = match(value or '', '^(%d+) (%d+) (%d+) (%d+)$')
  return format('%d %d %d %d', number(a) + requests, number(b) + responses, number(c) + errors,
    number(d) + microseconds)
end

local function add_clients(start, owners, requests, responses, errors, microseconds)
  if #owners == 0 then
    return
  end
  local key = slot_key('clients', client_slot, start)
  local values = call('HMGET', key, 'other', unpack(owners))
  -- All fields take one but `written_at`, which is there as soon as there are any.
  local places = CLIENTS_PER_SLOT - math.max(call('HLEN', key) - 1, 0)
  local replacements = REPLACEMENTS
  local other = { 0, 0, 0, 0 }
  local changes = { 'written_at', written_at }
  local in_batch = {}
  for _, owner in ipairs(places < #owners and owners or {}) do
    in_batch[owner] = true
  end
  for position, owner in ipairs(owners) do
    local value = values[position + 1]
    if not value and places <= 0 and replacements > 0 then
      replacements = replacements - 1
      places = places + (replace_one(key, other, in_batch) and 1 or 0)
    end
    if value or places > 0 then
      changes[#changes + 1] = owner
      changes[#changes + 1] = sum_of(value, requests[position], responses[position], errors[position],
        microseconds[position])
      places = places - (value and 0 or 1)
    else
      capped_clients = capped_clients + requests[position]
      other[1] = other[1] + requests[position]
      other[2] = other[2] + responses[position]
      other[3] = other[3] + errors[position]
      other[4] = other[4] + microseconds[position]
    end
  end
  if other[1] + other[2] > 0 then
    changes[#changes + 1] = 'other'
    changes[#changes + 1] = sum_of(values[1], unpack(other))
  end
  local is_new = call('TTL', key) < 0
  if is_new then
    -- First, for what stands in no list is not found by an erasure.
    call('ZREMRANGEBYSCORE', client_slots_key, '-inf', '(' .. now)
    call('ZADD', client_slots_key, now + data_ttl, sub(key, #base + #'clients:' + 1))
    call('EXPIRE', client_slots_key, data_ttl)
  end
  call('HSET', key, unpack(changes))
  if is_new then
    call('EXPIRE', key, data_ttl)
  end
end

local function count_unique(start, slot_length, owners)
  local key = slot_key('unique', slot_length, start)
  call('PFADD', key, unpack(owners))
  if call('TTL', key) < 0 then
    call('EXPIRE', key, ttl_of(slot_length))
  end
end

-- A foreign type under one key of the totals costs what it would hold, never anything else.
local function add_minute()
  local start, routes, owner_count
  start, routes, owner_count, at = unpack_at('>Bc0I4c0H', packed, at)
  pcall(leave_to_fold, start, routes)
  start = tonumber(start)
  local counted_owners, owners = {}, {}
  local requests, responses, errors, microseconds = {}, {}, {}, {}
  local place = 1
  for position = 1, owner_count do
    owners[place], requests[place], responses[place], errors[place], microseconds[place], at =
      unpack_at('>Bc0HHHI8', packed, at)
    counted_owners[position] = owners[place]
    local kept = kept_totals[owners[place]]
    local gone_at = kept and kept.gone_at or erased_at(owners[place])
    if not gone_at or start * 1000 - clock_ahead > gone_at then
      place = place + 1
    -- Of what sampling leaves out nobody knows on which side of the erasure it lies in its minute.
    elseif kept and kept[start] then
      requests[place], responses[place], errors[place], microseconds[place] = unpack(kept[start])
      place = place + 1
    else
      owners[place] = nil
    end
  end
  pcall(count_unique, start, 60, counted_owners)
  pcall(count_unique, start, 300, counted_owners)
  pcall(count_unique, start, 3600, counted_owners)
  pcall(add_clients, start, owners, requests, responses, errors, microseconds)
end

local NO_ROUTES = struct.pack('>H', 0)

-- Minutes of which the batch has nothing else, because a session that is known began in them.
local function add_remaining_begins()
  for minute, count in pairs(new_sessions) do
    if count ~= 0 then
      pcall(leave_to_fold, format('%d', minute), NO_ROUTES)
    end
  end
end
