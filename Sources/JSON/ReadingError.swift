/// Why a value is not the object that a reader expected.
public struct ReadingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of JSON value, as readers ask for them.
  public enum Expectation: String, Sendable {
    case string = "a string"
    case integer = "an integer, without fraction and exponent"
    case number = "a number"
    case boolean = "true or false"
    case array = "an array"
    case object = "an object"
  }

  /// What is wrong.
  public enum Problem: Sendable, Equatable {
    case notAnObject
    case wrongType(Expectation)
    case outOfRange
    case unknownMember
    case missing
  }

  /// The member's name, cut to 64 bytes; `nil` when no member is concerned or the name is not printable ASCII.
  public let member: String?
  /// What is wrong with it.
  public let problem: Problem
  /// What would be right, to follow "must be"; for `outOfRange` only.
  private let bounds: String?

  /// Describes a fault.
  ///
  /// - Parameters:
  ///   - member: The name as it came; it is made safe to show here.
  ///   - problem: What is wrong.
  ///   - bounds: For `outOfRange`, what would be right, to follow "must be": "from 1 to 9".
  public init(member: String?, problem: Problem, bounds: String? = nil) {
    self.member = member.flatMap(Self.showable)
    self.problem = problem
    self.bounds = bounds
  }

  /// One sentence that names the member, fit for a client.
  public var description: String {
    let subject = member.map { "The member \"\($0)\"" } ?? "A member"
    return switch problem {
    case .notAnObject: "The JSON value must be an object."
    case .wrongType(let expected): "\(subject) must be \(expected.rawValue)."
    case .outOfRange: bounds.map { "\(subject) must be \($0)." } ?? "\(subject) is out of range."
    case .unknownMember: "\(subject) is not known here."
    case .missing: "\(subject) is missing."
    }
  }

  /// Names come from clients and are echoed to them and to logs, where control characters and look-alikes do harm.
  private static func showable(_ name: String) -> String? {
    let bytes = name.utf8.prefix(64)
    guard !bytes.isEmpty, bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
