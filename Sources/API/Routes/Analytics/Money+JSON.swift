import HTTP
import JSON
import Tokens

extension Money {
  /// Reads the body of a PUT: sent twice, it is the same as once.
  init(_ request: Request) throws(Problem) {
    var body = try RequestBody.object(of: request)
    do throws(ReadingError) {
      let amountMinor = try body.integer("amountMinor", in: Self.range)
      let currency = try body.string("currency")
      try body.finish()
      self.init(amountMinor: amountMinor, currency: currency)
    } catch {
      throw Problem(error)
    }
    guard currency.utf8.count == 3, currency.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
      throw Problem(.invalidRequest, "currency is three capital letters, as ISO 4217 has them.")
    }
  }

  /// Writes the members of a price.
  func write(to writer: inout JSONWriter) {
    writer.member("amountMinor", amountMinor)
    writer.member("currency", currency)
  }
}

extension JSONWriter {
  /// Writes a member that is a price, or null.
  mutating func member(_ name: StaticString, _ price: Money?) {
    self.name(name)
    guard let price else { return null() }
    beginObject()
    price.write(to: &self)
    endObject()
  }
}
