-- Part of fold-totals.lua.

return { fold_totals(), capped_routes }
