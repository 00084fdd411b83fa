-- Part of a script that has the locals `base`, `minutes_ttl` and `hours_ttl`: the keys of totals, and for
-- how long these stay.

-- What batches brought and is not yet in the totals of its slots.
local pending_key = base .. 'pending-totals'

-- The key of the slot of a kind and a length in which a minute lies.
local function slot_key(kind, slot_length, minute)
  return string.format('%s%s:%d:%d', base, kind, slot_length, minute - minute % slot_length)
end

local function ttl_of(slot_length)
  return (slot_length == 3600 and hours_ttl or minutes_ttl) + slot_length
end
