-- Part of a script, before totals-by-slot.lua: adds up the elements of the list of totals that wait.
--
-- An element is what one batch brought to one minute, packed for struct.unpack: s1 and s2 are texts
-- after their length of one or two bytes, u2 and u8 numbers of so many bytes, the highest first
--   s1 Unix time at which the minute begins; i2 sessions that began, negative where some are found to
--   have begun earlier
--   u2 routes, and for each
--     s2 method and template, empty for what belongs to none
--     u2 requests; u2 responses; u2 client errors; u2 server errors; u8 microseconds; u8 the longest
--     u2 buckets, and for each u2 number; u2 count

local UNROUTED = ''
-- What else is counted of a route than the longest duration, and how many fell into which bucket.
local COUNTED = { 'requests', 'responses', 'client_errors', 'server_errors', 'duration_us' }

local function no_totals()
  return { 0, 0, 0, 0, 0, longest = 0, buckets = {} }
end

-- Adds the second totals to the first.
local function add_totals(sum, totals)
  for position = 1, #COUNTED do
    sum[position] = sum[position] + totals[position]
  end
  sum.longest = math.max(sum.longest, totals.longest)
  for bucket, count in pairs(totals.buckets) do
    sum.buckets[bucket] = (sum.buckets[bucket] or 0) + count
  end
end

-- Adds what an element has of one route to the totals of a minute. Returns where that ends, and how many
-- buckets it was the first in.
local function gather_route(minute, element, at)
  local name, requests, responses, client_errors, server_errors, duration_us, longest, bucket_count
  name, requests, responses, client_errors, server_errors, duration_us, longest, bucket_count, at =
    struct.unpack('>Hc0HHHHI8I8H', element, at)
  local counts = { struct.unpack('>' .. string.rep('HH', bucket_count), element, at) }
  local totals = minute.routes[name]
  if not totals then
    totals = no_totals()
    minute.routes[name] = totals
    -- Places are given in the order of arrival.
    minute.names[#minute.names + 1] = name ~= UNROUTED and name or nil
  end
  totals[1] = totals[1] + requests
  totals[2] = totals[2] + responses
  totals[3] = totals[3] + client_errors
  totals[4] = totals[4] + server_errors
  totals[5] = totals[5] + duration_us
  totals.longest = math.max(totals.longest, longest)
  local buckets, first_in = totals.buckets, 0
  for position = 1, 2 * bucket_count, 2 do
    local bucket = counts[position]
    local before = buckets[bucket]
    first_in = first_in + (before and 0 or 1)
    buckets[bucket] = (before or 0) + counts[position + 1]
  end
  -- The last of what it gives is where it stopped.
  return counts[2 * bucket_count + 1], first_in
end

-- Adds an element to the totals by minute and route. Returns how many buckets it was the first in.
local function gather_element(minutes, element)
  local start, new_sessions, route_count, at = struct.unpack('>Bc0hH', element)
  local minute = minutes[start] or { new_sessions = 0, routes = {}, names = {} }
  minutes[start] = minute
  minute.new_sessions = minute.new_sessions + new_sessions
  local first_in, buckets = 0, 0
  for _ = 1, route_count do
    at, first_in = gather_route(minute, element, at)
    buckets = buckets + first_in
  end
  return buckets
end
