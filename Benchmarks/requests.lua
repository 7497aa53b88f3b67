-- usage: wrk --script requests.lua URL -- TARGETS ROUTE PICK SEED
--
-- TARGETS has a line per organization: its id, a space, its user's token. ROUTE is deduct, check or stats; PICK is
-- spread, zipf, hot or mixed (hot and spread by turns). Each request is one concatenation of strings made before.
-- The last line printed is a JSON object of what was counted; a status of 400 or more and every broken connection
-- counts as an error.

local feature = "generate_insight"
local before, after = {}, {}
local count = 0
local pick

local function common(host, token)
  return " HTTP/1.1\r\nHost: " .. host .. "\r\nAuthorization: Bearer " .. token .. "\r\n"
end

local function post(path, host, token, body)
  return "POST " .. path .. common(host, token)
    .. "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n"
end

local make = {
  deduct = function(host, id, token)
    local body = '{"organizationId":"' .. id .. '","featureUsed":"' .. feature .. '"}'
    return post("/api/v1/tokens/deduct", host, token, body) .. "Idempotency-Key: ", "\r\n\r\n" .. body
  end,
  check = function(host, id, token)
    local body = '{"organizationId":"' .. id .. '","featureUsed":"' .. feature .. '","action":"check"}'
    return post("/api/v1/tokens/check-balance", host, token, body) .. "\r\n" .. body
  end,
  stats = function(host, id, token)
    return "GET /api/v1/tokens/stats?organizationId=" .. id .. common(host, token) .. "\r\n"
  end,
}

local function zipf_picker(exponent)
  -- Drawn beforehand, by the inverse of the cumulative distribution, and then gone through in a circle.
  local cumulative, total = {}, 0
  for rank = 1, count do
    total = total + rank ^ -exponent
    cumulative[rank] = total
  end
  local drawn = {}
  for draw = 1, 200000 do
    local wanted, low, high = math.random() * total, 1, count
    while low < high do
      local middle = math.floor((low + high) / 2)
      if cumulative[middle] < wanted then low = middle + 1 else high = middle end
    end
    drawn[draw] = low
  end
  local position = 0
  return function()
    position = position == #drawn and 1 or position + 1
    return drawn[position]
  end
end

local pickers = {
  spread = function() return function() return math.random(count) end end,
  zipf = function() return zipf_picker(1.1) end,
  hot = function() return function() return 1 end end,
  mixed = function()
    local is_hot = false
    return function()
      is_hot = not is_hot
      return is_hot and 1 or math.random(count)
    end
  end,
}

function init(arguments)
  local targets, route, picker, seed = arguments[1], arguments[2], arguments[3], tonumber(arguments[4])
  math.randomseed(seed)
  for line in io.lines(targets) do
    local id, token = line:match("^(%S+) (%S+)$")
    count = count + 1
    before[count], after[count] = make[route](wrk.host .. ":" .. wrk.port, id, token)
  end
  pick = pickers[picker]()

  local random, sent = math.random, 0
  if route == "deduct" then
    -- Random first, so that neighbours in time are no neighbours in an index; then what makes it unique.
    local unique = "-" .. seed .. "-"
    request = function()
      local n = pick()
      sent = sent + 1
      return before[n] .. random(2147483647) .. unique .. sent .. after[n]
    end
  else
    request = function() return before[pick()] end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"most":%d,'
      .. '"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
