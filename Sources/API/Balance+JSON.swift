import JSON
import Tokens

extension Balance {
  /// Writes the members of a balance.
  func write(to writer: inout JSONWriter) {
    writer.member("tokenType", tokenType)
    writer.member("balance", balance)
    writer.member("reserved", reserved)
    writer.member("available", available)
    writer.member("allocated", allocated)
    writer.member("used", used)
    writer.member("purchased", purchased)
    writer.member("refreshDate", timestamp: refreshDateMicroseconds)
    writer.member("state", state.rawValue)
  }
}
