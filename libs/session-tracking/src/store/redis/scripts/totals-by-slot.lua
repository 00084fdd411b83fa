-- Part of a script that has the local `call`, after slots.lua: adds the totals that wait to those of the
-- slots in which they fall.
--
-- An element is what one batch brought to one minute, packed for struct.unpack: s1 and s2 are texts
-- after their length of one or two bytes, u2 and u8 numbers of so many bytes, the highest first
--   s1 Unix time at which the minute begins; i2 sessions that began, negative where some are found to
--   have begun earlier
--   u2 routes, and for each
--     s2 method and template, empty for what belongs to none
--     u2 requests; u2 responses; u2 client errors; u2 server errors; u8 microseconds; u8 the longest
--     u2 buckets, and for each u2 number; u2 count

local ROUTES_PER_SLOT = 500
local ELEMENTS_PER_FOLD = 16
-- A fold ends early at so many buckets, because the fields it writes are what it costs.
local BUCKETS_PER_FOLD = 300
local UNROUTED = ''
local COUNTED = { 'requests', 'responses', 'client_errors', 'server_errors', 'duration_us' }

local capped_routes = 0
-- Another one for each fold, by which a reader knows whether it has seen a hash.
local written_at = table.concat(call('TIME'), '.')

local function no_totals()
  return { 0, 0, 0, 0, 0, longest = 0, buckets = {} }
end

-- Adds the second totals to the first. Returns how many buckets it was the first in.
local function add_totals(sum, totals)
  for position = 1, #COUNTED do
    sum[position] = sum[position] + totals[position]
  end
  sum.longest = math.max(sum.longest, totals.longest)
  local first_in = 0
  for bucket, count in pairs(totals.buckets) do
    local before = sum.buckets[bucket]
    first_in = first_in + (before and 0 or 1)
    sum.buckets[bucket] = (before or 0) + count
  end
  return first_in
end

-- Reads the totals of a route from an element. Returns its name, the totals, and where they end.
local function read_route(element, at)
  local totals, name, bucket_count = no_totals(), nil, 0
  name, totals[1], totals[2], totals[3], totals[4], totals[5], totals.longest, bucket_count, at =
    struct.unpack('>Hc0HHHHI8I8H', element, at)
  local counts = { struct.unpack('>' .. string.rep('HH', bucket_count), element, at) }
  for position = 1, 2 * bucket_count, 2 do
    totals.buckets[counts[position]] = counts[position + 1]
  end
  -- The last of what it gives is where it stopped.
  return name, totals, counts[2 * bucket_count + 1]
end

-- Adds an element to the totals by minute and route. Returns how many buckets it was the first in.
local function gather_element(minutes, element)
  local start, new_sessions, route_count, at = struct.unpack('>Bc0hH', element)
  local minute = minutes[start] or { new_sessions = 0, routes = {}, names = {} }
  minutes[start] = minute
  minute.new_sessions = minute.new_sessions + new_sessions
  local first_in = 0
  for _ = 1, route_count do
    local name, totals
    name, totals, at = read_route(element, at)
    if not minute.routes[name] then
      minute.routes[name] = no_totals()
      -- Places are given in the order of arrival.
      minute.names[#minute.names + 1] = name ~= UNROUTED and name or nil
    end
    first_in = first_in + add_totals(minute.routes[name], totals)
  end
  return first_in
end

-- Names the fields in which totals are added up, with their increments.
local function gather_fields(fields, increments, prefix, totals)
  for position, name in ipairs(COUNTED) do
    if totals[position] > 0 then
      fields[#fields + 1] = prefix .. name
      increments[#increments + 1] = totals[position]
    end
  end
  local bucket_prefix = prefix .. 'd'
  for bucket, count in pairs(totals.buckets) do
    fields[#fields + 1] = bucket_prefix .. bucket
    increments[#increments + 1] = count
  end
end

-- Adds to fields of a hash and keeps the greatest of others, in one reading and one writing.
local function write(key, slot_length, fields, increments, longest, named)
  local added = #fields
  for field in pairs(longest) do
    fields[#fields + 1] = field
  end
  local values = call('HMGET', key, unpack(fields))
  local changes = named
  changes[#changes + 1] = 'written_at'
  changes[#changes + 1] = written_at
  for position, field in ipairs(fields) do
    local before = tonumber(values[position]) or 0
    local after = position <= added and before + increments[position] or math.max(before, longest[field])
    changes[#changes + 1] = field
    changes[#changes + 1] = string.format('%d', after)
  end
  if call('HSET', key, unpack(changes)) * 2 == #changes then
    call('EXPIRE', key, ttl_of(slot_length))
  end
end

local function add_usage(start, slot_length, usage, new_sessions)
  local fields, increments = {}, {}
  gather_fields(fields, increments, '', usage)
  if new_sessions ~= 0 then
    fields[#fields + 1] = 'new_sessions'
    increments[#increments + 1] = new_sessions
  end
  write(slot_key('usage', slot_length, start), slot_length, fields, increments,
    { longest_us = usage.longest }, {})
end

-- Routes are numbered within a slot, so that their names stand in it once.
local function add_routes(start, slot_length, names, routes)
  if #names == 0 then
    return
  end
  local key = slot_key('routes', slot_length, start)
  local numbers = call('HMGET', key, 'routes', unpack(names))
  local last = tonumber(numbers[1]) or 0
  local fields, increments, longest, named = {}, {}, {}, {}
  local other
  for position, name in ipairs(names) do
    local totals = routes[name]
    local route = numbers[position + 1]
    if not route and last < ROUTES_PER_SLOT then
      last = last + 1
      route = string.format('%d', last)
      named[#named + 1] = name
      named[#named + 1] = route
    end
    if route then
      gather_fields(fields, increments, route .. ':', totals)
      longest[route .. ':longest_us'] = totals.longest
    else
      other = other or no_totals()
      add_totals(other, totals)
      capped_routes = capped_routes + (slot_length == 300 and totals[1] or 0)
    end
  end
  if other then
    gather_fields(fields, increments, 'other:', other)
    longest['other:longest_us'] = other.longest
  end
  if #named > 0 then
    named[#named + 1] = 'routes'
    named[#named + 1] = last
  end
  write(key, slot_length, fields, increments, longest, named)
end

-- A foreign type under one key of the totals costs what it would hold, never anything else.
local function add_minute(start, minute)
  local usage = no_totals()
  for _, totals in pairs(minute.routes) do
    add_totals(usage, totals)
  end
  for _, slot_length in ipairs({ 60, 300, 3600 }) do
    pcall(add_usage, start, slot_length, usage, minute.new_sessions)
  end
  for _, slot_length in ipairs({ 300, 3600 }) do
    pcall(add_routes, start, slot_length, minute.names, minute.routes)
  end
end

-- Folds the oldest of what waits. Returns how many elements are left.
local function fold_totals()
  local elements = call('LRANGE', pending_key, 0, ELEMENTS_PER_FOLD - 1)
  if #elements == 0 then
    return 0
  end
  -- The first write: where Redis takes none (memory, disk, replica) it fails here, before any other.
  call('LSET', pending_key, 0, elements[1])
  local minutes, buckets, folded = {}, 0, 0
  while folded < #elements and buckets < BUCKETS_PER_FOLD do
    folded = folded + 1
    -- What another program left there is passed over: it would else stand in the way for ever.
    local readable, first_in = pcall(gather_element, minutes, elements[folded])
    buckets = buckets + (readable and first_in or 0)
  end
  call('LTRIM', pending_key, folded, -1)
  for start, minute in pairs(minutes) do
    pcall(add_minute, tonumber(start), minute)
  end
  return call('LLEN', pending_key)
end
