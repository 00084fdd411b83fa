-- Part of append-batch.lua: adds what the batch brought to the totals of the slots in which it falls.
--
-- What is counted by route waits in the list "<base>pending-totals" for fold-totals.lua: many batches
-- add up to hardly more fields than one, so they are cheaper to write together.

local CLIENTS_PER_SLOT = 1000
-- How many clients of a batch may take the place of a less busy one in a slot that is full.
local REPLACEMENTS = 4

local pending_key = base .. 'pending-totals'
local pending, capped_clients = 0, 0

local function ttl_of(slot_length)
  return (slot_length == 3600 and hours_ttl or minutes_ttl) + slot_length
end

local function leave_to_fold(start, routes)
  pending = call('RPUSH', pending_key,
    struct.pack('>Bc0H', #start, start, new_sessions[tonumber(start)] or 0) .. routes)
  call('EXPIRE', pending_key, hours_ttl)
end

-- Takes the place of the least busy of a few that are drawn by lot, which goes to `other`.
local function replace_one(key, other)
  local drawn = call('HRANDFIELD', key, 3, 'WITHVALUES')
  local weakest, weakest_value, least = nil, nil, math.huge
  for position = 1, #drawn, 2 do
    local requests = number(match(drawn[position + 1], '^%d+'))
    if drawn[position] ~= 'other' and requests < least then
      weakest, weakest_value, least = drawn[position], drawn[position + 1], requests
    end
  end
  if weakest then
    local position = 0
    for count in string.gmatch(weakest_value, '%d+') do
      position = position + 1
      other[position] = other[position] + tonumber(count)
    end
    call('HDEL', key, weakest)
  end
end

-- A client's totals stand in one field: "<requests> <responses> <errors> <microseconds>".
local function add_clients(start, owners, all_totals)
  if #owners == 0 then
    return
  end
  local slot = client_slot .. ':' .. start - start % client_slot
  local key = base .. 'clients:' .. slot
  local values = call('HMGET', key, 'other', unpack(owners))
  local places = CLIENTS_PER_SLOT - call('HLEN', key)
  local replacements = REPLACEMENTS
  local other = { 0, 0, 0, 0 }
  local changes = {}
  for position, owner in ipairs(owners) do
    local totals = all_totals[position]
    local value = values[position + 1]
    if not value and places <= 0 and replacements > 0 then
      replacements = replacements - 1
      replace_one(key, other)
      places = places + 1
    end
    if value or places > 0 then
      local a, b, c, d = match(value or '0 0 0 0', '^(%d+) (%d+) (%d+) (%d+)$')
      changes[#changes + 1] = owner
      changes[#changes + 1] = format('%d %d %d %d', number(a) + totals[1],
        number(b) + totals[2], number(c) + totals[3], number(d) + totals[4])
      places = places - (value and 0 or 1)
    else
      capped_clients = capped_clients + totals[1]
      for metric = 1, 4 do
        other[metric] = other[metric] + totals[metric]
      end
    end
  end
  if other[1] + other[2] > 0 then
    local a, b, c, d = match(values[1] or '0 0 0 0', '^(%d+) (%d+) (%d+) (%d+)$')
    changes[#changes + 1] = 'other'
    changes[#changes + 1] = format('%d %d %d %d', number(a) + other[1], number(b) + other[2],
      number(c) + other[3], number(d) + other[4])
  end
  local is_new = call('TTL', key) < 0
  if is_new then
    -- First, for what stands in no list is not found by an erasure.
    call('ZREMRANGEBYSCORE', client_slots_key, '-inf', '(' .. now)
    call('ZADD', client_slots_key, now + data_ttl, slot)
    call('EXPIRE', client_slots_key, data_ttl)
  end
  call('HSET', key, unpack(changes))
  if is_new then
    call('EXPIRE', key, data_ttl)
  end
end

local function count_unique(start, slot_length, owners)
  local key = base .. 'unique:' .. slot_length .. ':' .. start - start % slot_length
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
  local owners, clients, counted_owners = {}, {}, {}
  for position = 1, owner_count do
    local owner, requests, responses, errors, microseconds
    owner, requests, responses, errors, microseconds, at = unpack_at('>Bc0HHHI8', packed, at)
    counted_owners[position] = owner
    local gone_at = erased_at(owner)
    -- A minute that began before the erasure may hold what came before it.
    if not gone_at or start * 1000 > gone_at then
      owners[#owners + 1] = owner
      clients[#clients + 1] = { requests, responses, errors, microseconds }
    end
  end
  pcall(count_unique, start, 60, counted_owners)
  pcall(count_unique, start, 300, counted_owners)
  pcall(count_unique, start, 3600, counted_owners)
  pcall(add_clients, start, owners, clients)
end
