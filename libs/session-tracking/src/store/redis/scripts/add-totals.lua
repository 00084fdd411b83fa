-- Part of append-batch.lua: adds what the batch brought to the totals of the slots in which it falls.
--
-- What is counted by route waits for fold-totals.lua: many batches add up to hardly more fields than one,
-- so they are cheaper to write together.

local CLIENTS_PER_SLOT = 1000
-- Another one for each batch, by which a reader knows whether it has seen a hash of clients.
local written_at = table.concat(time, '.')

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
local function replace_one(key, other, owners)
  local in_batch = {}
  for _, owner in ipairs(owners) do
    in_batch[owner] = true
  end
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

-- The position of the client with most requests among those that have no place.
local function busiest_newcomer(values, requests)
  local busiest, most = nil, -1
  for position, count in ipairs(requests) do
    if count > most and not values[position + 1] then
      busiest, most = position, count
    end
  end
  return busiest
end

-- A client's totals stand in one field: "<requests> <responses> <errors> <microseconds>". Returns it with
-- more added to what it said, if anything.
local function sum_of(value, requests, responses, errors, microseconds)
  local a, b, c, d = match(value or '', '^(%d+) (%d+) (%d+) (%d+)$')
  if a then
    return format('%d %d %d %d', a + requests, b + responses, c + errors, d + microseconds)
  end
  return format('%d %d %d %d', requests, responses, errors, microseconds)
end

local function add_clients(start, clients)
  local owners = clients.owners
  if #owners == 0 then
    return
  end
  local requests, responses = clients.requests, clients.responses
  local errors, microseconds = clients.errors, clients.microseconds
  local key = slot_key('clients', client_slot, start)
  local values = call('HMGET', key, 'other', unpack(owners))
  -- All fields take one but `written_at`, which is there as soon as there are any.
  local places = CLIENTS_PER_SLOT - math.max(call('HLEN', key) - 1, 0)
  local other = { 0, 0, 0, 0 }
  local changes = { 'written_at', written_at }
  -- In a slot that is full one client of a batch may take the place of another. No more, so that whoever
  -- has a place also has the time to show how busy it is.
  local newcomer = places <= 0 and busiest_newcomer(values, requests)
  local admitted = newcomer and replace_one(key, other, owners) and newcomer
  for position, owner in ipairs(owners) do
    local value = values[position + 1]
    local has_place = value or position == admitted
    if has_place or places > 0 then
      changes[#changes + 1] = owner
      changes[#changes + 1] = sum_of(value, requests[position], responses[position], errors[position],
        microseconds[position])
      places = places - (has_place and 0 or 1)
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
  local expires = call('TTL', key) >= 0
  if not expires then
    -- First, for what stands in no list is not found by an erasure.
    call('ZREMRANGEBYSCORE', client_slots_key, '-inf', '(' .. now)
    call('ZADD', client_slots_key, now + data_ttl, sub(key, #base + #'clients:' + 1))
    call('EXPIRE', client_slots_key, data_ttl)
  end
  call('HSET', key, unpack(changes))
  if not expires then
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

-- Stands for the place of a minute where the clients of a batch are counted apart.
local NO_MINUTE = 255

-- By the place of a minute, what its clients bring to their totals.
local client_totals = {}

local function no_clients()
  return { owners = {}, requests = {}, responses = {}, errors = {}, microseconds = {} }
end

local function count_client(clients, owner, requests, responses, errors, microseconds)
  local place = #clients.owners + 1
  clients.owners[place] = owner
  clients.requests[place] = requests
  clients.responses[place] = responses
  clients.errors[place] = errors
  clients.microseconds[place] = microseconds
end

-- Counts a client whose exchanges of the batch are all of one minute.
local function count_whole(minute_place, owner, exchanges, responses, errors, microseconds)
  local clients = client_totals[minute_place]
  if not clients then
    clients = no_clients()
    client_totals[minute_place] = clients
  end
  count_client(clients, owner, exchanges, responses, errors, microseconds)
end

-- Without what lies before an erasure.
local function without_erased(start, clients)
  local kept_clients = no_clients()
  for place, owner in ipairs(clients.owners) do
    local kept = kept_totals[owner]
    local gone_at = kept and kept.gone_at or erased_at(owner)
    if not gone_at or start * 1000 - clock_ahead > gone_at then
      count_client(kept_clients, owner, clients.requests[place], clients.responses[place],
        clients.errors[place], clients.microseconds[place])
    -- Of what sampling leaves out nobody knows on which side of the erasure it lies in its minute.
    elseif kept and kept[start] then
      count_client(kept_clients, owner, unpack(kept[start]))
    end
  end
  return kept_clients
end

-- A foreign type under one key of the totals costs what it would hold, never anything else.
local function add_minute(place)
  local start, routes, owner_count
  start, routes, owner_count, at = unpack_at('>Bc0I4c0H', packed, at)
  pcall(leave_to_fold, start, routes)
  start = tonumber(start)
  local clients = client_totals[place] or no_clients()
  for _ = 1, owner_count do
    local owner, requests, responses, errors, microseconds
    owner, requests, responses, errors, microseconds, at = unpack_at('>Bc0HHHI8', packed, at)
    count_client(clients, owner, requests, responses, errors, microseconds)
  end
  pcall(count_unique, start, 60, clients.owners)
  pcall(count_unique, start, 300, clients.owners)
  pcall(count_unique, start, 3600, clients.owners)
  if find_tombstone_salt() then
    clients = without_erased(start, clients)
  end
  pcall(add_clients, start, clients)
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
