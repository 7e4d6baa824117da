-- Publishes the messages of one stretch of a partition, all or none, and remembers how far the partition has come.
-- A script, because numbering, log, channel and memory have to change in one step: whatever kills a bridge, Redis then
-- knows exactly which records it has published. contracts/src/redis/keyspace.ts says what the keys hold.
-- KEYS: 1 the state hash, 2 the stream with the log
-- ARGV: 1 to 3 the names of the hash's fields for epoch, seq and run id
--       4 and 5 the names of an entry's fields for channel and message
--       6 the hash's field for the partition
--       7 and 8 the first and the last offset of the stretch; offsets without a message are covered as well
--       9 '1' to begin a new epoch in any case
--       10 the epoch of a log that begins now
--       11 and 12 the epoch and the seq that this publisher saw last, '' and 0 when it has seen none
--       13 about how many messages the log keeps
--       14 the run id of this Redis, '' when the caller did not ask for it
--       15 and on: of each message its offset, its channel, and its JSON text without the closing brace
-- Returns: epoch, seq
local state, log = KEYS[1], KEYS[2]
local epochField, seqField, runField, channelField, messageField = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local partition, first, last = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local anew, nextEpoch = ARGV[9] == '1', ARGV[10]
local seenEpoch, seenSeq = ARGV[11], tonumber(ARGV[12])
local length, thisRun = ARGV[13], ARGV[14]
local epoch = redis.call('HGET', state, epochField)
local seq = tonumber(redis.call('HGET', state, seqField) or '0')
local run = redis.call('HGET', state, runField)
local high = tonumber(redis.call('HGET', state, partition) or '-1')
local known = redis.call('HEXISTS', state, partition) == 1

-- A new epoch begins when the log cannot be continued: Redis has lost it, or came back with older data than it had
-- acknowledged. A publisher that has seen nothing cannot recognize older data, so for it another run of Redis is reason
-- enough. A stretch that begins beyond what is remembered means that messages in between were forgotten.
local lost = not epoch
  or anew
  or (epoch == seenEpoch and seq < seenSeq)
  or (seenEpoch == '' and thisRun ~= '' and run and run ~= thisRun)
  or (known and first > high + 1)
if lost then
  epoch, seq, high = nextEpoch, 0, -1
  redis.call('DEL', state, log)
  redis.call('HSET', state, epochField, epoch, seqField, 0)
end

if thisRun ~= '' then redis.call('HSET', state, runField, thisRun) end

for i = 15, #ARGV, 3 do
  local offset, channel, text = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2]
  if offset > high then
    seq = seq + 1
    local message = text .. ',"seq":' .. string.format('%d', seq) .. ',"epoch":"' .. epoch .. '"}'
    local id = string.format('%d-0', seq)
    redis.call('XADD', log, 'MAXLEN', '~', length, id, channelField, channel, messageField, message)
    redis.call('PUBLISH', channel, message)
  end
end
if last > high then
  redis.call('HSET', state, seqField, string.format('%d', seq), partition, string.format('%d', last))
end
return { epoch, seq }
