-- Stores one batch of records, once: finds or creates the session of each client, appends, trims,
-- counts and renews the expiry.
--
-- KEYS[1]  the writer's entry, a hash: "sequence" of the batch it stored last, and by their sequences
--          the answers of batches that a retry may ask for again. All other keys are made from
--          ARGV[1]; in a cluster it carries the same hash tag as KEYS[1].
--
-- ARGV[1]   what every key begins with: "<prefix>:session:"
-- ARGV[2]   sequence of the batch
-- ARGV[3]   seed of the ids of new sessions
-- ARGV[4]   seconds of idleness after which a session ends
-- ARGV[5]   seconds of idleness after which the data of a session goes
-- ARGV[6]   age in seconds at which an expiry is renewed
-- ARGV[7]   age in seconds at which a session ends
-- ARGV[8]   seconds for which the data of a session that ended by age stays
-- ARGV[9]   records kept per list
-- ARGV[10]  seconds for which the writer's entry stays
-- ARGV[11]  "1" when the answer must name the sessions
-- ARGV[12]  sequence of the batch that must have been stored right before; "0" when all before are done
-- ARGV[13]  the clients, one after another, every line ended by "\n":
--             "u<user id>", or "a" when anonymous
--             address
--             "<first time> <last time> <responses> <errors> <microseconds> <requests>"
--             the request records as JSON, a line each
--             the response records as JSON, a line each
--
-- Answer: a line with the sequence and the positions (from 1) of the clients that were rejected because
-- a key of theirs holds a foreign type, separated by spaces, then, when asked for, a line for each
-- client with its session's id. An error that begins with GAP when the batch before is missing.

local base = ARGV[1]
local sequence = tonumber(ARGV[2])
local seed = ARGV[3]
local session_ttl = ARGV[4]
local data_ttl = ARGV[5]
local renewal_age = tonumber(ARGV[6])
local max_session = tonumber(ARGV[7])
local ended_ttl = ARGV[8]
local max_records = tonumber(ARGV[9])
local writer_ttl = ARGV[10]
local names_sessions = ARGV[11] == '1'
local follows = tonumber(ARGV[12])
local packed = ARGV[13]

local SESSIONS_PER_CLIENT = 1000
local PRUNED_PER_BATCH = 50

local call, try = redis.call, redis.pcall
local find, sub, format = string.find, string.sub, string.format

local function is_error(reply)
  return type(reply) == 'table' and reply.err ~= nil
end

-- A batch that was stored before is answered as it was then.
local stored = try('HGET', KEYS[1], 'sequence')
if is_error(stored) then
  call('DEL', KEYS[1])
end
local stored_sequence = tonumber(stored) or 0
if stored_sequence >= sequence then
  return call('HGET', KEYS[1], ARGV[2]) or (ARGV[2] .. '\n')
end
if follows > 0 and stored_sequence ~= follows then
  return redis.error_reply('GAP the batch before this one is not stored')
end

-- The first write: where Redis takes none (memory, disk, replica) it fails here, before any other.
call('HSET', KEYS[1], 'sequence', ARGV[2])
call('EXPIRE', KEYS[1], writer_ttl)
if follows == 0 and call('HLEN', KEYS[1]) > 1 then
  for _, field in ipairs(call('HKEYS', KEYS[1])) do
    if field ~= 'sequence' then
      call('HDEL', KEYS[1], field)
    end
  end
end

local now = tonumber(call('TIME')[1])
local index_key = base .. 'index'
local expiry_key = base .. 'expiry'
local index_renewed = false

local next_line = string.gmatch(packed, '([^\n]*)\n')

local function next_lines(count)
  local lines = {}
  for i = 1, count do
    lines[i] = next_line()
  end
  return lines
end

-- A version 4 UUID whose random bits are a hash of the seed: the same again when Redis replays it.
local function new_session_id(client_position)
  local hash = redis.sha1hex(seed .. client_position)
  local variant = tonumber(sub(hash, 17, 17), 16) % 4 + 1
  return sub(hash, 1, 8) .. '-' .. sub(hash, 9, 12) .. '-4' .. sub(hash, 14, 16) .. '-'
    .. sub('89ab', variant, variant) .. sub(hash, 18, 20) .. '-' .. sub(hash, 21, 32)
end

-- The hash may have been written by another program: what is no number counts as none.
local function number(text)
  return tonumber(text) or 0
end

-- Appends to both lists or to none. Returns false when one holds a foreign type.
local function append(requests_key, requests, responses_key, responses)
  local request_total, response_total = 0, 0
  if #requests > 0 then
    request_total = try('RPUSH', requests_key, unpack(requests))
    if is_error(request_total) then
      return false
    end
  end
  if #responses > 0 then
    response_total = try('RPUSH', responses_key, unpack(responses))
    if is_error(response_total) then
      if #requests > 0 then
        call('LTRIM', requests_key, 0, -1 - #requests)
      end
      return false
    end
  end
  if request_total > 0 then
    if request_total == #requests then
      call('EXPIRE', requests_key, data_ttl)
    end
    if request_total > max_records then
      call('LTRIM', requests_key, -max_records, -1)
    end
  end
  if response_total > 0 then
    if response_total == #responses then
      call('EXPIRE', responses_key, data_ttl)
    end
    if response_total > max_records then
      call('LTRIM', responses_key, -max_records, -1)
    end
  end
  return true
end

-- Indexes are shared: a foreign type in one costs its entries, never the records.
local function add_to_indexes(session_id, created_at, client_part, address_part)
  try('ZADD', index_key, created_at, session_id)
  local key = base .. 'sessions:' .. client_part
  try('LPUSH', key, session_id)
  try('LTRIM', key, 0, SESSIONS_PER_CLIENT - 1)
  if address_part ~= client_part then
    key = base .. 'sessions:' .. address_part
    try('LPUSH', key, session_id)
    try('LTRIM', key, 0, SESSIONS_PER_CLIENT - 1)
  end
end

local function renew_expiry(session_id, open_key, client_part)
  -- The address of its first request: a user may have moved on since.
  local address_part = 'ip:' .. (call('HGET', base .. session_id .. ':info', 'client_ip') or '')
  call('EXPIRE', open_key, session_ttl)
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

-- Returns the session's id, or nil when one of its keys holds a foreign type.
local function store_client(client_position, who)
  local address = next_line()
  local first_at, last_at, response_count, error_count, microseconds, request_count =
    string.match(next_line(), '^(%S+) (%S+) (%d+) (%d+) (%d+) (%d+)$')
  local requests = next_lines(tonumber(request_count))
  local responses = next_lines(tonumber(response_count))

  local user_id = sub(who, 2)
  local address_part = 'ip:' .. address
  local client_part = address_part
  if sub(who, 1, 1) == 'u' then
    client_part = 'user:' .. user_id
  end

  local open_key = base .. client_part
  local session_id = try('GET', open_key)
  if is_error(session_id) then
    return nil
  end

  local info
  local previous_id
  if session_id then
    info = try('HMGET', base .. session_id .. ':info', 'created_at', 'last_seen_at',
      'request_count', 'response_count', 'error_count', 'duration_us_total', 'expiry_renewed_at')
    if is_error(info) then
      return nil
    end
    local created_at = tonumber(info[1])
    if not created_at then
      session_id = nil
    elseif tonumber(first_at) - created_at >= max_session then
      previous_id = session_id
      session_id = nil
    end
  end

  local created = not session_id
  if created then
    session_id = new_session_id(client_position)
    info = { first_at, first_at, 0, 0, 0, 0, 0 }
  end

  local key = base .. session_id
  if not append(key .. ':requests', requests, key .. ':responses', responses) then
    return nil
  end

  -- Unix times have as many digits before the point for centuries, so they compare as texts.
  local last_seen_at = info[2] or ''
  if last_at > last_seen_at then
    last_seen_at = last_at
  end
  -- Formatted here, because Redis prints a Lua number digit by digit as a float.
  request_count = format('%d', number(info[3]) + #requests)
  response_count = format('%d', number(info[4]) + #responses)
  error_count = format('%d', number(info[5]) + error_count)
  microseconds = format('%d', number(info[6]) + microseconds)
  call('HSET', key .. ':info', 'last_seen_at', last_seen_at, 'request_count', request_count,
    'response_count', response_count, 'error_count', error_count, 'duration_us_total', microseconds)

  if created then
    call('HSET', key .. ':info', 'created_at', first_at, 'client_ip', address, 'user_id', user_id)
    if previous_id then
      call('HSET', key .. ':info', 'previous_session_id', previous_id)
    end
    call('SET', open_key, session_id, 'EX', session_ttl)
    add_to_indexes(session_id, first_at, client_part, address_part)
    if previous_id then
      call('EXPIRE', base .. previous_id .. ':info', ended_ttl)
      call('EXPIRE', base .. previous_id .. ':requests', ended_ttl)
      call('EXPIRE', base .. previous_id .. ':responses', ended_ttl)
    end
  end
  if created or math.abs(now - number(info[7])) >= renewal_age then
    call('HSET', key .. ':info', 'expiry_renewed_at', now)
    renew_expiry(session_id, open_key, client_part)
  end
  return session_id
end

local rejected = {}
local session_ids = {}
local client_count = 0
for who in next_line do
  client_count = client_count + 1
  -- What nobody foresaw may cost one client's records, never those of the rest of the batch.
  local succeeded, session_id = pcall(store_client, client_count, who)
  if not succeeded or not session_id then
    rejected[#rejected + 1] = client_count
    session_id = nil
  end
  session_ids[client_count] = session_id or ''
end

-- Index entries of sessions whose data has gone; the few oldest each time keep up with arrivals.
if index_renewed then
  call('EXPIRE', index_key, data_ttl)
  call('EXPIRE', expiry_key, data_ttl)
  local gone = try('ZRANGEBYSCORE', expiry_key, '-inf', now - data_ttl - renewal_age, 'LIMIT', 0,
    PRUNED_PER_BATCH)
  if not is_error(gone) and #gone > 0 then
    try('ZREM', index_key, unpack(gone))
    try('ZREM', expiry_key, unpack(gone))
  end
end

local answer = ARGV[2] .. (#rejected > 0 and ' ' or '') .. table.concat(rejected, ' ') .. '\n'
if names_sessions then
  answer = answer .. table.concat(session_ids, '\n')
end
if names_sessions or #rejected > 0 then
  call('HSET', KEYS[1], ARGV[2], answer)
end
return answer
