import HTTP
import JSON
import Tokens

/// The body of `PUT /api/attributes/{id}` and of `validate-budget`.
struct ContentRequest: Sendable {
  let organizationID: OrganizationID?
  let draft: ContentDraft

  /// Room for texts of 64 KiB that are written with white space and escapes.
  static let bodyLimitBytes = 131_072

  /// - Throws: 400 for what cannot be understood, 413 for texts that are too long together.
  init(_ request: Request) throws(Problem) {
    var body = try RequestBody.object(of: request)
    let textByteCount: Int
    do throws(ReadingError) {
      organizationID = try body.optionalIdentifier("organizationId")
      let instructions = try body.string("instructions")
      let examples = try body.texts("examples")
      let signals = try body.texts("signals")
      textByteCount = instructions.utf8.count + examples.byteCount + signals.byteCount
      draft = ContentDraft(
        instructions: instructions, examples: examples.json, signals: signals.json,
        isActive: try body.optionalBoolean("active"))
      try body.finish()
    } catch {
      throw Problem(error)
    }
    guard textByteCount <= ContentAttribute.textByteLimit else {
      throw Problem(
        .payloadTooLarge, "The texts of an attribute have at most \(ContentAttribute.textByteLimit) bytes together.")
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
  /// A text or a list of texts, as JSON, and how many bytes they have. Absent, an empty list.
  fileprivate mutating func texts(_ name: String) throws(ReadingError) -> (json: String, byteCount: Int) {
    let value = optionalValue(name) ?? .array([])
    let given: [JSONValue] = if case .array(let values) = value { values } else { [value] }
    let texts = given.compactMap { item in if case .string(let text) = item { text } else { nil } }
    guard texts.count == given.count, texts.count <= ContentAttribute.textLimit else {
      throw ReadingError(
        member: name, problem: .outOfRange, bounds: "a text or a list of at most \(ContentAttribute.textLimit) texts")
    }
    return (String(decoding: value.encoded(), as: UTF8.self), texts.reduce(0) { $0 + $1.utf8.count })
  }
}
