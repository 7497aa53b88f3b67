import HTTP
import JSON
import Tokens

/// The body of `PUT /api/attributes/{id}` and of `validate-budget`.
struct ContentRequest: Sendable {
  let organizationID: OrganizationID?
  let draft: ContentDraft

  /// - Throws: 400 for what cannot be understood.
  init(_ request: Request) throws(Problem) {
    var body = try RequestBody.object(of: request)
    do throws(ReadingError) {
      organizationID = try body.optionalIdentifier("organizationId")
      let instructions = try body.string("instructions")
      let examples = try body.texts("examples")
      let signals = try body.texts("signals")
      draft = ContentDraft(
        instructions: instructions, examples: examples, signals: signals,
        isActive: try body.optionalBoolean("active"))
      try body.finish()
    } catch {
      throw Problem(error)
    }
  }
}

/// The body of `POST /api/attributes/activate`.
struct ActivationRequest: Sendable {
  let organizationID: OrganizationID?
  let ids: [ContentAttributeID]
  let idempotencyKey: IdempotencyKey?

  /// - Throws: 400 for what cannot be understood, 404 for an id that is no UUID: there is no such attribute.
  init(_ request: Request) throws(Problem) {
    idempotencyKey = try request.idempotencyKey()
    var body = try RequestBody.object(of: request)
    let texts: [String]
    do throws(ReadingError) {
      organizationID = try body.optionalIdentifier("organizationId")
      texts = try Self.texts(body.array("ids"))
      try body.finish()
    } catch {
      throw Problem(error)
    }
    ids = texts.compactMap { ContentAttributeID($0) }
    guard ids.count == texts.count else { throw .notFound }
  }

  private static func texts(_ values: [JSONValue]) throws(ReadingError) -> [String] {
    let texts = values.compactMap { value in if case .string(let text) = value { text } else { nil } }
    guard texts.count == values.count, ContentAttribute.activationRange.contains(texts.count) else {
      throw ReadingError(
        member: "ids", problem: .outOfRange, bounds: "1 to \(ContentAttribute.activationRange.upperBound) ids")
    }
    return texts
  }
}

extension ObjectReader {
  /// A text or a list of texts, as JSON. Absent, an empty list.
  fileprivate mutating func texts(_ name: String) throws(ReadingError) -> String {
    let value = optionalValue(name) ?? .array([])
    let isContent =
      switch value {
      case .string: true
      case .array(let values):
        values.count <= ContentAttribute.textLimit
          && values.allSatisfy { if case .string = $0 { true } else { false } }
      default: false
      }
    guard isContent else {
      throw ReadingError(
        member: name, problem: .outOfRange, bounds: "a text or a list of at most \(ContentAttribute.textLimit) texts")
    }
    return String(decoding: value.encoded(), as: UTF8.self)
  }
}
