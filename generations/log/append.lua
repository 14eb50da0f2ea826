-- Append entries to the logs of their topics and publish them, in one step.
--
-- ARGV  1 {prefix, seconds that a log is kept after an entry, seconds that its followers are kept, entries}, in
--         MessagePack, with each entry as {topic, JSON, writer's field or "", writer's token, takes, epoch or ""}:
--         "takes" is true to take the field over, and false to respect its holder; "epoch" is that of a first entry,
--         "" for the present time.
--
-- The names of the keys follow from the topics: prefix:topic:<topic> is a hash (epoch, seq, one field for each writer);
-- with ":log" it is the log, a stream; with ":followers" the set of the channels that its entries are published to.
--
-- Returns {epoch, seq} for each entry, or nil if another writer has taken over. An epoch is the microsecond in which a
-- log began, so a log that replaces a lost one always has a higher epoch.
local prefix, log_lifetime, followers_lifetime, entries = unpack(cmsgpack.unpack(ARGV[1]))
local results, followers, published = {}, {}, {}

local function is_refused(meta, field, token, takes)
  if field == "" then
    return false
  end
  local holder = redis.call("HGET", meta, field)
  if holder and holder ~= token and not takes then
    return true
  end
  if holder ~= token then
    redis.call("HSET", meta, field, token)
  end
  return false
end

local function epoch_of(meta, first)
  local epoch = redis.call("HGET", meta, "epoch")
  if not epoch then
    epoch = first
    if epoch == "" then
      local now = redis.call("TIME")
      epoch = now[1] .. string.format("%06d", tonumber(now[2]))
    end
    redis.call("HSET", meta, "epoch", epoch)
  end
  return epoch
end

for number, each in ipairs(entries) do
  local topic, json, field, token, takes, first = unpack(each)
  local meta = prefix .. ":topic:" .. topic
  if is_refused(meta, field, token, takes) then
    results[number] = false
  else
    local epoch = epoch_of(meta, first)
    local seq = redis.call("HINCRBY", meta, "seq", 1)
    local id = epoch .. "-" .. seq
    redis.call("XADD", meta .. ":log", id, "entry", json)
    results[number] = { epoch, seq }
    if not followers[meta] then
      followers[meta] = redis.call("SMEMBERS", meta .. ":followers")
    end
    for _, channel in ipairs(followers[meta]) do
      published[channel] = published[channel] or {}
      table.insert(published[channel], { topic, epoch, seq, json })
    end
  end
end

for channel, list in pairs(published) do
  redis.call("PUBLISH", channel, cmsgpack.pack({ type = "log.entries", entries = list }))
end
for meta in pairs(followers) do
  redis.call("EXPIRE", meta, log_lifetime)
  redis.call("EXPIRE", meta .. ":log", log_lifetime)
  redis.call("EXPIRE", meta .. ":followers", followers_lifetime)
end
return results
