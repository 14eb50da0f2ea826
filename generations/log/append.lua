-- Append one entry to a topic's log and publish it, in one step.
--
-- KEYS  1 the topic's hash (epoch, seq, one field for each writer)   2 its log, a stream
-- ARGV  1 the channel that the entry is published to   2 the entry as JSON   3 seconds that the log is kept after it
--       4 the writer's field or ""   5 the writer's token   6 "1" to take the field over, "0" to respect its holder
--       7 the epoch if this is the first entry, or "" for the present time
--
-- Returns {epoch, seq}, or nil if another writer has taken over. An epoch is the microsecond in which a log began, so a
-- log that replaces a lost one always has a higher epoch.
if ARGV[4] ~= "" then
  local holder = redis.call("HGET", KEYS[1], ARGV[4])
  if holder and holder ~= ARGV[5] and ARGV[6] ~= "1" then
    return nil
  end
  if holder ~= ARGV[5] then
    redis.call("HSET", KEYS[1], ARGV[4], ARGV[5])
  end
end

local epoch = redis.call("HGET", KEYS[1], "epoch")
if not epoch then
  epoch = ARGV[7]
  if epoch == "" then
    local now = redis.call("TIME")
    epoch = now[1] .. string.format("%06d", tonumber(now[2]))
  end
  redis.call("HSET", KEYS[1], "epoch", epoch)
end
local seq = redis.call("HINCRBY", KEYS[1], "seq", 1)
local id = epoch .. "-" .. seq

redis.call("XADD", KEYS[2], id, "entry", ARGV[2])
redis.call("PUBLISH", ARGV[1], cmsgpack.pack({ type = "log.entry", channel = ARGV[1], id = id, entry = ARGV[2] }))
redis.call("EXPIRE", KEYS[1], ARGV[3])
redis.call("EXPIRE", KEYS[2], ARGV[3])
return { epoch, seq }
