-- Part of a script that has the locals `base`, `call`, `try`, `now` and `now_ms`: who was
-- erased, and when.
--
-- The hash "<base>erased" holds under a salted hash of each erased client the moment of its erasure in
-- milliseconds, and the salt. It outlives every batch that may still be on its way.

-- The totals by client that there are, "<slot length>:<start>", by the time at which they go: the host
-- may record what happened at any time, so they cannot be guessed.
local client_slots_key = base .. 'client-slots'

local TOMBSTONE_TTL = 86400
local erased_key = base .. 'erased'
local tombstone_salt

local function find_tombstone_salt()
  if tombstone_salt == nil then
    local salt = try('HGET', erased_key, 'salt')
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
  return tonumber(call('HGET', erased_key, redis.sha1hex(salt .. owner)) or nil)
end

-- Remembers that a client is erased, and forgets what was counted of it.
local function bury(owner, fresh_salt)
  if not find_tombstone_salt() then
    call('DEL', erased_key)
    call('HSET', erased_key, 'salt', fresh_salt)
    tombstone_salt = fresh_salt
  end
  call('HSET', erased_key, redis.sha1hex(tombstone_salt .. owner), string.format('%.0f', now_ms))
  call('EXPIRE', erased_key, TOMBSTONE_TTL)
  local slots = try('ZRANGE', client_slots_key, 0, -1)
  for _, slot in ipairs(slots.err and {} or slots) do
    try('HDEL', base .. 'clients:' .. slot, owner)
  end
end
