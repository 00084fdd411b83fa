-- Part of a script that has the local `call`, after slots.lua and gather-totals.lua: adds the totals that
-- wait to those of the slots in which they fall.

local ROUTES_PER_SLOT = 500
local ELEMENTS_PER_FOLD = 32
-- A fold ends early at so many buckets, because each is written to several hashes.
local BUCKETS_PER_FOLD = 300

local capped_routes = 0
-- Another one for each fold, by which a reader knows whether it has seen a hash.
local written_at = table.concat(call('TIME'), '.')

-- What is to be changed in a hash: by its name how much is added to a field, what it becomes where that
-- is more, and which counts are added to those in it; then fields that are written as they are.
local function no_changes()
  return { increments = {}, greatest = {}, buckets = {}, written = {} }
end

local function note_totals(changes, prefix, totals)
  for position, name in ipairs(COUNTED) do
    if totals[position] > 0 then
      changes.increments[prefix .. name] = totals[position]
    end
  end
  changes.greatest[prefix .. 'longest_us'] = totals.longest
  if next(totals.buckets) then
    changes.buckets[prefix .. 'durations'] = totals.buckets
  end
end

-- To make a text of a number is dear, and each bucket is written several times.
local bucket_names = {}

local function name_of(bucket)
  local name = bucket_names[bucket]
  if not name then
    name = string.format('%d', bucket)
    bucket_names[bucket] = name
  end
  return name
end

-- Counts by bucket, "229:3 230:1", with others added.
local function add_buckets(text, buckets)
  local counts, parts = {}, {}
  for bucket, count in string.gmatch(text or '', '(%d+):(%d+)') do
    counts[bucket] = tonumber(count)
  end
  for bucket, count in pairs(buckets) do
    local name = name_of(bucket)
    counts[name] = (counts[name] or 0) + count
  end
  for bucket, count in pairs(counts) do
    parts[#parts + 1] = string.format('%s:%d', bucket, count)
  end
  return table.concat(parts, ' ')
end

-- Writes changes of a hash, in one reading and one writing.
local function write(key, slot_length, changes)
  local fields = {}
  for _, kind in ipairs({ changes.increments, changes.greatest, changes.buckets }) do
    for field in pairs(kind) do
      fields[#fields + 1] = field
    end
  end
  local values = call('HMGET', key, unpack(fields))
  local pairs_written = { 'written_at', written_at, unpack(changes.written) }
  for position, field in ipairs(fields) do
    local before = values[position]
    local count = tonumber(before) or 0
    pairs_written[#pairs_written + 1] = field
    pairs_written[#pairs_written + 1] = changes.buckets[field] and add_buckets(before, changes.buckets[field])
      or changes.increments[field] and string.format('%d', count + changes.increments[field])
      or string.format('%d', math.max(count, changes.greatest[field]))
  end
  if call('HSET', key, unpack(pairs_written)) * 2 == #pairs_written then
    call('EXPIRE', key, ttl_of(slot_length))
  end
end

-- Routes are numbered within a slot, so that their names stand in it once.
local function add_routes(start, slot_length, names, routes)
  if #names == 0 then
    return
  end
  local key = slot_key('routes', slot_length, start)
  local numbers = call('HMGET', key, 'routes', unpack(names))
  local last = tonumber(numbers[1]) or 0
  local changes = no_changes()
  local written = changes.written
  local other
  for position, name in ipairs(names) do
    local totals = routes[name]
    local route = numbers[position + 1]
    if not route and last < ROUTES_PER_SLOT then
      last = last + 1
      route = string.format('%d', last)
      written[#written + 1] = name
      written[#written + 1] = route
    end
    if route then
      note_totals(changes, route .. ':', totals)
    else
      other = other or no_totals()
      add_totals(other, totals)
      capped_routes = capped_routes + (slot_length == 300 and totals[1] or 0)
    end
  end
  if other then
    note_totals(changes, 'other:', other)
  end
  if #written > 0 then
    written[#written + 1] = 'routes'
    written[#written + 1] = last
  end
  write(key, slot_length, changes)
end

-- A foreign type under one key of the totals costs what it would hold, never anything else.
local function add_minute(start, minute)
  local usage, changes = no_totals(), no_changes()
  for _, totals in pairs(minute.routes) do
    add_totals(usage, totals)
  end
  note_totals(changes, '', usage)
  if minute.new_sessions ~= 0 then
    changes.increments.new_sessions = minute.new_sessions
  end
  for _, slot_length in ipairs({ 60, 300, 3600 }) do
    pcall(write, slot_key('usage', slot_length, start), slot_length, changes)
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
