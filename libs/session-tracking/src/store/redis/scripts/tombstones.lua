-- Part of a script that has the locals `base`, `call`, `try`, `time`, `now` and `now_ms`: who was
-- erased, and when.
--
-- The sorted set "<base>erased" holds a salted hash of each erased client by the moment of its erasure in
-- milliseconds, the string "<base>erased-salt" the salt. A tombstone outlives every batch that may still
-- be on its way, and no more than that.

-- The totals by client that there are, "<slot length>:<start>", by the time at which they go: the host
-- may record what happened at any time, so they cannot be guessed.
local client_slots_key = base .. 'client-slots'

local TOMBSTONE_TTL = 86400
local MOST_TOMBSTONES = 100000
local erased_key = base .. 'erased'
local tombstone_salt_key = base .. 'erased-salt'
local tombstone_salt

local function find_tombstone_salt()
  if tombstone_salt == nil then
    local salt = try('GET', tombstone_salt_key)
    tombstone_salt = type(salt) == 'string' and salt or false
  end
  return tombstone_salt
end

-- The moment at which a client (user:<id>, ip:<address>) was erased, or nil.
local function erased_at(owner)
  local salt = find_tombstone_salt()
  if not salt then
    return nil
  end
  local gone_at = try('ZSCORE', erased_key, redis.sha1hex(salt .. owner))
  return type(gone_at) == 'string' and tonumber(gone_at) or nil
end

-- Remembers that a client is erased, and forgets what was counted of it.
local function bury(owner, fresh_salt)
  if not find_tombstone_salt() then
    call('DEL', erased_key)
    tombstone_salt = fresh_salt
  end
  call('SET', tombstone_salt_key, tombstone_salt, 'EX', TOMBSTONE_TTL)
  local pruned = try('ZREMRANGEBYSCORE', erased_key, '-inf', now_ms - TOMBSTONE_TTL * 1000)
  if type(pruned) ~= 'number' then
    call('DEL', erased_key)
  end
  call('ZADD', erased_key, string.format('%.0f', now_ms), redis.sha1hex(tombstone_salt .. owner))
  call('ZREMRANGEBYRANK', erased_key, 0, -MOST_TOMBSTONES - 1)
  call('EXPIRE', erased_key, TOMBSTONE_TTL)
  local slots = try('ZRANGE', client_slots_key, 0, -1)
  for _, slot in ipairs(slots.err and {} or slots) do
    local key = base .. 'clients:' .. slot
    if try('HDEL', key, owner) == 1 then
      -- Whoever has read the hash is to read it again.
      call('HSET', key, 'written_at', table.concat(time, '.'))
    end
  end
end
