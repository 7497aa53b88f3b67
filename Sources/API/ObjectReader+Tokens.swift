import JSON
import Tokens

/// Members that many requests have in common.
extension ObjectReader {
  /// A UUID, `nil` when absent.
  mutating func optionalIdentifier<Subject>(_ name: String) throws(ReadingError) -> Identifier<Subject>? {
    guard let text = try optionalString(name) else { return nil }
    guard let identifier = Identifier<Subject>(text) else {
      throw ReadingError(member: name, problem: .outOfRange, bounds: "a UUID")
    }
    return identifier
  }

  /// A UUID that must be there.
  mutating func identifier<Subject>(_ name: String) throws(ReadingError) -> Identifier<Subject> {
    guard let identifier: Identifier<Subject> = try optionalIdentifier(name) else {
      throw ReadingError(member: name, problem: .missing)
    }
    return identifier
  }

  /// A time in microseconds since 1970, `nil` when absent.
  mutating func optionalTime(_ name: String) throws(ReadingError) -> Int64? {
    guard let text = try optionalString(name, maximumBytes: 64) else { return nil }
    guard let time = Timestamp.read(text) else {
      throw ReadingError(member: name, problem: .outOfRange, bounds: "a time as in RFC 3339")
    }
    return time
  }

  /// `metadata`: an object, encoded without white space and exponents, of at most 8 KiB.
  mutating func metadata() throws(ReadingError) -> String? {
    guard let object = try optionalObject("metadata") else { return nil }
    let encoded = JSONValue.object(object).encoded()
    guard encoded.count + Self.unwrittenDigitCount(.object(object)) <= Self.metadataLimitBytes else {
      throw ReadingError(
        member: "metadata", problem: .outOfRange, bounds: "an object of at most \(Self.metadataLimitBytes) bytes")
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  private static var metadataLimitBytes: Int { 8_192 }

  /// Digits that exponents stand for: PostgreSQL writes `1e308` as 309 digits whenever it is read.
  private static func unwrittenDigitCount(_ value: JSONValue) -> Int {
    switch value {
    case .real(let real): real.description.utf8.contains(UInt8(ascii: "e")) ? abs(Int(real.exponent)) * 3 / 10 : 0
    case .array(let values): values.reduce(0) { $0 + unwrittenDigitCount($1) }
    case .object(let object): object.members.reduce(0) { $0 + unwrittenDigitCount($1.value) }
    default: 0
    }
  }

  /// `units`: an integer, 1 when absent, or an object of dimensions.
  ///
  /// - Throws: 400 for anything else, 422 for numbers out of range.
  mutating func units() throws(Problem) -> (units: Int64, dimensions: Dimensions?) {
    switch optionalValue("units") {
    case nil: return (1, nil)
    case .integer(let units)?:
      guard TokenAmount.range.contains(units) else {
        throw Problem(.amountOutOfRange, "units is an integer between 1 and 10^15.")
      }
      return (units, nil)
    case .object(let object)?: return (1, try Self.dimensions(object))
    default:
      throw Problem(.invalidRequest, "The member \"units\" must be an integer or an object of integers.")
    }
  }

  private static func dimensions(_ object: JSONObject) throws(Problem) -> Dimensions {
    var quantities: [(dimension: String, quantity: Int64)] = []
    for member in object.members {
      guard case .integer(let quantity) = member.value, Dimensions.isName(member.name) else {
        throw Problem(
          .invalidRequest, "Each member of \"units\" is an integer, called with lower-case letters, digits and _.")
      }
      guard Dimensions.quantityRange.contains(quantity) else {
        throw Problem(.amountOutOfRange, "Each member of units is an integer between 0 and 10^15.")
      }
      quantities.append((member.name, quantity))
    }
    guard let dimensions = Dimensions(quantities) else {
      throw Problem(.invalidRequest, "The member \"units\" must have 1 to \(Dimensions.countRange.upperBound) members.")
    }
    return dimensions
  }

  /// An amount of tokens, `nil` when absent.
  ///
  /// - Throws: 400 for anything but an integer, 422 for one out of range.
  mutating func optionalAmount(
    _ name: String, in range: ClosedRange<Int64> = TokenAmount.range
  ) throws(Problem) -> Int64? {
    let amount: Int64?
    do { amount = try optionalInteger(name) } catch { throw Problem(error) }
    guard let amount else { return nil }
    guard range.contains(amount) else {
      throw Problem(.amountOutOfRange, "\(name) is an integer between \(range.lowerBound) and \(range.upperBound).")
    }
    return amount
  }

  /// An amount of tokens that must be there.
  mutating func amount(_ name: String, in range: ClosedRange<Int64> = TokenAmount.range) throws(Problem) -> Int64 {
    guard let amount = try optionalAmount(name, in: range) else {
      throw Problem(ReadingError(member: name, problem: .missing))
    }
    return amount
  }

  /// Refuses members that nobody read.
  func end() throws(Problem) {
    do { try finish() } catch { throw Problem(error) }
  }
}

extension JSONWriter {
  /// Writes units as they were asked for: a number, or an object of dimensions in the order of their names.
  mutating func member(_ name: StaticString, units: Int64, _ dimensions: Dimensions?) {
    self.name(name)
    guard let dimensions else { return integer(units) }
    beginObject()
    for part in dimensions.quantities {
      self.name(part.dimension)
      integer(part.quantity)
    }
    endObject()
  }
}
