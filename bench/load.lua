-- Which request does wrk send, and what does it report?
-- Path, key and body come from the environment; the report is one line of JSON, the last of the output.
local function body_of(name)
  local file = assert(io.open(name, "rb"))
  local content = file:read("*a")
  file:close()
  return content
end

wrk.method = "POST"
wrk.path = os.getenv("BENCH_PATH")
wrk.body = body_of(os.getenv("BENCH_BODY"))
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY")

function done(summary, latency)
  local e = summary.errors
  local fields = {
    requests = summary.requests,
    microseconds = summary.duration,
    p50 = latency:percentile(50),
    p90 = latency:percentile(90),
    p99 = latency:percentile(99),
    errors = e.connect + e.read + e.write + e.status + e.timeout,
  }
  local parts = {}
  for name, value in pairs(fields) do
    parts[#parts + 1] = string.format('"%s": %d', name, value)
  end
  io.write("{" .. table.concat(parts, ", ") .. "}\n")
end
