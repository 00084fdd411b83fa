-- Part of append-batch.lua: adds what the batch brought to the totals of the slots in which it falls.

local ROUTES_PER_SLOT = 500
local CLIENTS_PER_SLOT = 1000
-- How many clients of a batch may take the place of a less busy one in a slot that is full.
local REPLACEMENTS = 4
local COUNTED = { 'requests', 'responses', 'client_errors', 'server_errors', 'duration_us', 'new_sessions' }

local capped_routes, capped_clients = 0, 0

local function ttl_of(slot_length)
  return (slot_length == 3600 and hours_ttl or minutes_ttl) + slot_length
end

-- Reads the totals that stand next in the batch: numbers by the order of COUNTED, the longest
-- duration, and the buckets by name with their counts, in turn.
local function next_totals()
  local totals, bucket_count = {}, 0
  totals[1], totals[2], totals[3], totals[4], totals[5], totals.longest, bucket_count, at =
    unpack_at('>HHHHBc0Bc0H', packed, at)
  totals[5], totals.longest = tonumber(totals[5]), tonumber(totals.longest)
  totals.buckets = { unpack_at('>' .. string.rep('Bc0H', bucket_count), packed, at) }
  -- The last of what it gives is where it stopped.
  at = table.remove(totals.buckets)
  return totals
end

-- Names the fields in which totals are added up, with their increments.
local function gather(fields, increments, prefix, totals)
  for position, name in ipairs(COUNTED) do
    if (totals[position] or 0) > 0 then
      fields[#fields + 1] = prefix .. name
      increments[#increments + 1] = totals[position]
    end
  end
  local buckets = totals.buckets
  for position = 1, #buckets, 2 do
    fields[#fields + 1] = prefix .. buckets[position]
    increments[#increments + 1] = buckets[position + 1]
  end
end

-- Adds to fields of a hash and keeps the greatest of others, in one reading and one writing.
local function write(key, ttl, fields, increments, longest, named)
  local added = #fields
  for field in pairs(longest) do
    fields[#fields + 1] = field
  end
  local values = call('HMGET', key, unpack(fields))
  local changes = named or {}
  for position, field in ipairs(fields) do
    local before = number(values[position])
    local after = position <= added and before + increments[position] or math.max(before, longest[field])
    changes[#changes + 1] = field
    changes[#changes + 1] = format('%d', after)
  end
  if call('HSET', key, unpack(changes)) * 2 == #changes then
    call('EXPIRE', key, ttl)
  end
end

local function add_usage(start, slot_length, usage)
  local fields, increments = {}, {}
  gather(fields, increments, '', usage)
  write(base .. 'usage:' .. slot_length .. ':' .. start - start % slot_length, ttl_of(slot_length),
    fields, increments, { longest_us = usage.longest })
end

-- Routes are numbered within a slot, so that their names stand in it once.
local function add_routes(start, slot_length, names, all_totals)
  if #names == 0 then
    return
  end
  local key = base .. 'routes:' .. slot_length .. ':' .. start - start % slot_length
  local numbers = call('HMGET', key, 'routes', unpack(names))
  local last = number(numbers[1])
  local fields, increments, longest, named = {}, {}, {}, {}
  for position, name in ipairs(names) do
    local totals = all_totals[position]
    local route = numbers[position + 1]
    if not route and last < ROUTES_PER_SLOT then
      last = last + 1
      route = format('%d', last)
      named[#named + 1] = name
      named[#named + 1] = route
    end
    if not route then
      route = 'other'
      capped_routes = capped_routes + (slot_length == 300 and totals[1] or 0)
    end
    -- Several routes may be `other`: each adds to the same fields, one after another.
    if route == 'other' then
      local other_fields, other_increments = {}, {}
      gather(other_fields, other_increments, 'other:', totals)
      write(key, ttl_of(slot_length), other_fields, other_increments, { ['other:longest_us'] = totals.longest })
    else
      gather(fields, increments, route .. ':', totals)
      longest[route .. ':longest_us'] = totals.longest
    end
  end
  if #named > 0 then
    named[#named + 1] = 'routes'
    named[#named + 1] = last
  end
  if #fields > 0 then
    write(key, ttl_of(slot_length), fields, increments, longest, named)
  end
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
  local start, route_count, owner_count
  start, at = unpack_at('>Bc0', packed, at)
  start = tonumber(start)
  local usage = next_totals()
  usage[6] = new_sessions[start]
  local names, routes = {}, {}
  route_count, at = unpack_at('>H', packed, at)
  for position = 1, route_count do
    names[position], at = unpack_at('>Hc0', packed, at)
    routes[position] = next_totals()
  end
  local owners, clients, counted_owners = {}, {}, {}
  owner_count, at = unpack_at('>H', packed, at)
  for position = 1, owner_count do
    local owner, requests, responses, errors, microseconds
    owner, requests, responses, errors, microseconds, at = unpack_at('>Bc0HHHBc0', packed, at)
    counted_owners[position] = owner
    local gone_at = erased_at(owner)
    -- A minute that began before the erasure may hold what came before it.
    if not gone_at or start * 1000 > gone_at then
      owners[#owners + 1] = owner
      clients[#clients + 1] = { requests, responses, errors, tonumber(microseconds) }
    end
  end
  pcall(add_routes, start, 300, names, routes)
  pcall(add_routes, start, 3600, names, routes)
  pcall(add_usage, start, 60, usage)
  pcall(add_usage, start, 300, usage)
  pcall(add_usage, start, 3600, usage)
  pcall(count_unique, start, 60, counted_owners)
  pcall(count_unique, start, 300, counted_owners)
  pcall(count_unique, start, 3600, counted_owners)
  pcall(add_clients, start, owners, clients)
end
