import HTTP
import JSON
import Tokens

extension PaymentEvent {
  /// Reads an event of Stripe's.
  ///
  /// Of whatever version of Stripe's API it is, only members that all versions have are looked at, and those that are
  /// missing, or of another type, are as if they were not there, but for an account: Stripe adds members, and has
  /// objects where they were asked to be expanded. Nor does the character NUL matter, which a customer can write into a
  /// name: no member that is looked at can have it.
  ///
  /// - Parameters:
  ///   - request: whose signature is valid.
  ///   - expectsLive: by the secret that verified it.
  /// - Throws: 400 for what has no id, type, time or mode; 415 for what says that it is no JSON.
  init(stripe request: Request, expectsLive: Bool) throws(Problem) {
    var event = try RequestBody.object(of: request, allowingNUL: true)
    guard let id = event.identifier("id"), let type = event.identifier("type") else {
      throw Problem(.invalidRequest, "An event has an id and a type.")
    }
    do throws(ReadingError) {
      self.init(
        id: id, type: type, happenedAtSeconds: try event.integer("created", in: 0...253_402_300_799),
        isLive: try event.boolean("livemode"), expectsLive: expectsLive, apiVersion: event.identifier("api_version"),
        facts: "{}")
    } catch {
      throw Problem(error)
    }
    facts = String(decoding: JSONValue.object(Self.facts(&event)).encoded(), as: UTF8.self)
  }

  /// The names are Tollgate's; `tollgate.apply_payment_event` reads them.
  private static func facts(_ event: inout ObjectReader) -> JSONObject {
    var facts = JSONObject()
    var data = event.part("data")
    var object = data.part("object")
    var metadata = object.part("metadata")
    // Whatever it says there, it is not of the account that is ours.
    if event.optionalValue("account") != nil { facts["account"] = .string(event.identifier("account") ?? "?") }
    facts["object"] = object.identifier("id").map(JSONValue.string)
    facts["customer"] = object.reference("customer").map(JSONValue.string)
    facts["payment"] = object.reference("payment_intent").map(JSONValue.string)
    facts["paymentLink"] = object.reference("payment_link").map(JSONValue.string)
    facts["paymentStatus"] = object.identifier("payment_status").map(JSONValue.string)
    facts["clientReference"] = object.identifier("client_reference_id").flatMap(OrganizationID.init)
      .map { .string($0.description) }
    facts["organization"] = metadata.optionalValue("tollgate_organization_id").map { value in
      // Who misspells it must not get the tokens to wherever else the checkout points.
      guard case .string(let text) = value else { return .string(nobody.description) }
      return .string((OrganizationID(text) ?? nobody).description)
    }
    facts["pack"] = metadata.identifier("tollgate_pack").map(JSONValue.string)
    facts["subtotal"] = object.count("amount_subtotal").map(JSONValue.integer)
    facts["total"] = object.count("amount_total").map(JSONValue.integer)
    facts["currency"] = object.identifier("currency").map(JSONValue.string)
    return facts
  }

  private static var nobody: OrganizationID { OrganizationID(bits: 0) }
}

extension ObjectReader {
  /// A text such as ids are: 1 to 255 printable ASCII characters. Anything else is as if it were not there.
  fileprivate mutating func identifier(_ name: String) -> String? {
    guard case .string(let text)? = optionalValue(name), (1...255).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    return text
  }

  /// The id of another object, which is there by itself or as its member `id`.
  fileprivate mutating func reference(_ name: String) -> String? {
    if let text = identifier(name) { return text }
    var object = part(name)
    return object.identifier("id")
  }

  /// An object; without one, an empty one.
  fileprivate mutating func part(_ name: String) -> ObjectReader {
    guard case .object(let object)? = optionalValue(name) else { return ObjectReader(JSONObject()) }
    return ObjectReader(object)
  }

  /// An integer; nil for anything else.
  fileprivate mutating func count(_ name: String) -> Int64? {
    guard case .integer(let number)? = optionalValue(name) else { return nil }
    return number
  }
}
