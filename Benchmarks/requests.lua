-- usage: wrk --script requests.lua URL -- TARGETS ROUTE PICK SEED
--
-- TARGETS has a line per organization: its id, a space, its user's token. ROUTE is one of `routes` below; PICK is
-- spread, zipf, hot or mixed (hot and spread by turns). Each request is one concatenation of strings made before.
-- The last line printed is a JSON object of what was counted; a status of 400 or more and every broken connection
-- counts as an error.

local feature = "generate_insight"
local count = 0
-- By what is sent, then by organization: the request up to what differs each time, and from there on.
local before, after = {}, {}
local ids, tokens = {}, {}
local random = math.random
local pick, unique
local sent = 0
-- Reservations and charges that an answer told of and no request was about yet: {organization, id}.
local known = { reserve = {}, charge = {} }
-- Requests that move tokens and were sent, where a route counts them: read by done() in wrk's own state.
moves = 0

local function common(token)
  return " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port .. "\r\nAuthorization: Bearer " .. token .. "\r\n"
end

local json = "Content-Type: application/json\r\nContent-Length: "

local function post(path, token, body)
  return "POST " .. path .. common(token) .. json .. #body .. "\r\n"
end

local function body_of(n, more)
  return '{"organizationId":"' .. ids[n] .. '"' .. (more or "") .. "}"
end

-- An answer does not say whom it is for, but repeats the request's X-Request-Id.
local function mark(kind, n)
  return "X-Request-Id: " .. kind .. "." .. n .. "\r\n"
end

local key, identity = "Idempotency-Key: ", "00000000-0000-0000-0000-000000000000"
local use = ',"featureUsed":"' .. feature .. '"'
local make = {
  deduct = function(n)
    local body = body_of(n, use)
    return post("/api/v1/tokens/deduct", tokens[n], body) .. key, "\r\n\r\n" .. body
  end,
  charge = function(n)
    local body = body_of(n, use)
    return post("/api/v1/tokens/deduct", tokens[n], body) .. mark("charge", n) .. key, "\r\n\r\n" .. body
  end,
  refund = function(n)
    local body = body_of(n, ',"transactionId":"' .. identity .. '"')
    return post("/api/v1/tokens/refund", tokens[n], body) .. key, "\r\n\r\n" .. body:sub(1, -#identity - #'"}' - 1)
  end,
  reserve = function(n)
    -- For a day: what nobody captures would expire while something else is measured, and be a movement of its own.
    local body = body_of(n, use .. ',"ttlSeconds":86400')
    return post("/api/v1/reservations", tokens[n], body) .. mark("reserve", n) .. key, "\r\n\r\n" .. body
  end,
  capture = function(n)
    local body = body_of(n)
    return post("/capture", tokens[n], body):sub(#"POST " + 1) .. key, "\r\n\r\n" .. body
  end,
  check = function(n)
    local body = body_of(n, use .. ',"action":"check"')
    return post("/api/v1/tokens/check-balance", tokens[n], body) .. "\r\n" .. body
  end,
  stats = function(n)
    return "GET /api/v1/tokens/stats?organizationId=" .. ids[n] .. common(tokens[n]) .. "\r\n"
  end,
  balance = function(n)
    return "GET /api/v1/tokens/balance?organizationId=" .. ids[n] .. common(tokens[n]) .. "\r\n"
  end,
  usage = function(n)
    return "GET /api/v1/tokens/usage?groupBy=hour&organizationId=" .. ids[n] .. common(tokens[n]) .. "\r\n"
  end,
  ledger = function(n)
    return "GET /api/v1/tokens/ledger?organizationId=" .. ids[n] .. common(tokens[n]) .. "\r\n"
  end,
}

-- A key of its own for each request. Random first, so that neighbours in time are no neighbours in an index; then what
-- makes it unique.
local function changing(kind)
  local head, tail = before[kind], after[kind]
  return function()
    local n = pick()
    sent = sent + 1
    return head[n] .. random(2147483647) .. unique .. sent .. tail[n]
  end
end

local function reading(kind)
  local head = before[kind]
  return function() return head[pick()] end
end

local function capture(about)
  local n = about[1]
  sent = sent + 1
  return "POST /api/v1/reservations/" .. about[2] .. before.capture[n] .. random(2147483647) .. unique .. sent
    .. after.capture[n]
end

local function refund(about)
  local n = about[1]
  sent = sent + 1
  return before.refund[n] .. random(2147483647) .. unique .. sent .. after.refund[n] .. about[2] .. '"}'
end

-- The second step where an answer brought something to be finished, else the first.
local function two_steps(kind, second)
  local waiting, first = known[kind], changing(kind)
  return function()
    local about = table.remove(waiting)
    if about then return second(about) end
    return first()
  end
end

-- Of 200 requests 160 deduct, 20 check, 4 reserve, 4 capture, 6 refund, 3 read the ledger and 3 the balance.
local function traffic()
  local deduct, charge, charges = changing("deduct"), changing("charge"), known.charge
  local reserve, refund_one = two_steps("reserve", capture), two_steps("charge", refund)
  local check, ledger, balance = reading("check"), reading("ledger"), reading("balance")
  return function()
    local draw = random(200)
    if draw <= 174 then
      moves = moves + 1
      -- Reading an answer costs this program time, so no more charges are remembered than will be refunded.
      if draw <= 160 then return #charges < 16 and charge() or deduct() end
      return draw <= 168 and reserve() or refund_one()
    end
    if draw <= 194 then return check() end
    return draw <= 197 and ledger() or balance()
  end
end

local member = { reserve = '"reservationId":"([%x-]+)"', charge = '"transactionId":"([%x-]+)"' }

local function remember(_, headers, body)
  -- Ids that the server makes have no dot.
  local kind, n = headers["X-Request-Id"]:match("^(%l+)%.(%d+)$")
  local id = kind and body:match(member[kind])
  if id then table.insert(known[kind], { tonumber(n), id }) end
end

-- What each route needs made beforehand, its requests, and whether answers are read.
local routes = {
  deduct = { { "deduct" }, function() return changing("deduct") end },
  check = { { "check" }, function() return reading("check") end },
  stats = { { "stats" }, function() return reading("stats") end },
  usage = { { "usage" }, function() return reading("usage") end },
  reserve = { { "reserve", "capture" }, function() return two_steps("reserve", capture) end, true },
  refund = { { "charge", "refund" }, function() return two_steps("charge", refund) end, true },
  traffic = { { "deduct", "charge", "refund", "reserve", "capture", "check", "ledger", "balance" }, traffic, true },
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
    local wanted, low, high = random() * total, 1, count
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
  spread = function() return function() return random(count) end end,
  zipf = function() return zipf_picker(1.1) end,
  hot = function() return function() return 1 end end,
  mixed = function()
    local is_hot = false
    return function()
      is_hot = not is_hot
      return is_hot and 1 or random(count)
    end
  end,
}

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  local targets, route, picker, seed = arguments[1], routes[arguments[2]], arguments[3], tonumber(arguments[4])
  math.randomseed(seed)
  unique = "-" .. seed .. "-"
  for line in io.lines(targets) do
    count = count + 1
    ids[count], tokens[count] = line:match("^(%S+) (%S+)$")
  end
  for _, kind in ipairs(route[1]) do
    before[kind], after[kind] = {}, {}
    for n = 1, count do before[kind][n], after[kind][n] = make[kind](n) end
  end
  pick = pickers[picker]()
  request = route[2]()
  if route[3] then response = remember end
end

function done(summary, latency)
  local errors, moved = summary.errors, 0
  for _, thread in ipairs(threads) do moved = moved + thread:get("moves") end
  io.write(string.format(
    '{"requests":%d,"moves":%d,"microseconds":%d,"p50":%d,"p99":%d,"most":%d,'
      .. '"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}\n',
    summary.requests, moved, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
