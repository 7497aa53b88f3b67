/// A value of a log field. There is no case for arbitrary objects: what is logged is chosen, never dumped.
public enum LogValue: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral
{
  case string(String)
  case integer(Int)
  case boolean(Bool)
  /// Nothing: the field is left out.
  case absent

  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(booleanLiteral value: Bool) { self = .boolean(value) }

  /// A text, if there is one.
  public static func optional(_ text: String?) -> LogValue { text.map(LogValue.string) ?? .absent }
}
