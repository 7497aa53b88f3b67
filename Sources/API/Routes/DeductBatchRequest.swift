import HTTP
import JSON
import Tokens

/// The body of `POST /api/v1/tokens/deduct/batch`.
struct DeductBatchRequest: Sendable {
  enum Mode: String { case independent, atomic }

  /// One item: what it asks for, or why it cannot be read.
  struct Item: Sendable {
    let key: IdempotencyKey
    let content: Result<DeductRequest, Problem>
  }

  static let itemCountRange = 1...1_000

  let mode: Mode
  let items: [Item]

  init(_ request: Request) throws(Problem) {
    var body = try RequestBody.object(of: request)
    let values: [JSONValue]
    let modeName: String
    do throws(ReadingError) {
      values = try body.array("items")
      modeName = try body.optionalString("mode") ?? Mode.independent.rawValue
      try body.finish()
    } catch {
      throw Problem(.invalidRequest, "\(error)")
    }
    guard let mode = Mode(rawValue: modeName) else {
      throw Problem(.invalidRequest, "mode is \"independent\" or \"atomic\".")
    }
    guard Self.itemCountRange.contains(values.count) else {
      throw Problem(.invalidRequest, "items has 1 to \(Self.itemCountRange.upperBound) items.")
    }
    self.mode = mode
    var items: [Item] = []
    for value in values { items.append(try Self.item(value)) }
    self.items = items
  }

  /// An item without a key cannot be answered by name: it spoils the request.
  private static func item(_ value: JSONValue) throws(Problem) -> Item {
    var members: ObjectReader
    let keyText: String
    do throws(ReadingError) {
      members = try ObjectReader(value)
      keyText = try members.string("idempotencyKey")
    } catch {
      throw Problem(.invalidRequest, "Every item is an object with an idempotencyKey. \(error)")
    }
    guard let key = IdempotencyKey(keyText) else {
      throw Problem(.invalidRequest, "An idempotencyKey is 1 to 255 printable ASCII characters.")
    }
    do throws(Problem) {
      return Item(key: key, content: .success(try DeductRequest(members, idempotencyKey: key)))
    } catch {
      return Item(key: key, content: .failure(error))
    }
  }
}
