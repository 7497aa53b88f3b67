import HTTP
import JSON
import Tokens

extension BalanceForecast {
  func write(to writer: inout JSONWriter) {
    writer.member("tokenType", tokenType)
    writer.member("available", available)
    writer.member("tokensPerDay", tokensPerDay)
    writer.member("runsOutAt", timestamp: runsOutAtMicroseconds)
    writer.member("refreshDate", timestamp: refreshDateMicroseconds)
    writer.member("runsOutBeforeRefresh", runsOutBeforeRefresh)
    writer.name("nextExpiry")
    guard let nextExpiry else { return writer.null() }
    writer.beginObject()
    writer.member("at", timestamp: nextExpiry.atMicroseconds)
    writer.member("tokens", nextExpiry.tokens)
    writer.endObject()
  }
}

extension EndingBalance {
  func write(to writer: inout JSONWriter) {
    writer.member("organizationId", organizationID)
    writer.member("organizationName", organizationName)
    writer.member("plan", plan)
    writer.member("tokenType", forecast.tokenType)
    writer.member("available", forecast.available)
    writer.member("tokensPerDay", forecast.tokensPerDay)
    writer.member("runsOutAt", timestamp: forecast.runsOutAtMicroseconds)
  }
}

extension BalanceDay {
  func write(to writer: inout JSONWriter) {
    writer.member("tokenType", tokenType)
    writer.member("day", Timestamp.day(dayMicroseconds))
    writer.member("used", used)
    writer.member("granted", granted)
    writer.member("balance", balance)
  }
}

extension Response {
  /// A JSON object that PostgreSQL wrote.
  static func json(text: String) -> Response {
    Response(status: 200, headers: [("Content-Type", "application/json")] + commonHeaders, body: Array(text.utf8))
  }
}

extension Request {
  /// A query parameter that is an integer and may be given once.
  func queryInteger(_ name: String, in range: ClosedRange<Int64>) throws(Problem) -> Int64? {
    guard let text = try queryText(name) else { return nil }
    guard (1...19).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let value = Int64(text), range.contains(value)
    else {
      throw Problem(.invalidRequest, "\(name) is an integer between \(range.lowerBound) and \(range.upperBound).")
    }
    return value
  }
}
