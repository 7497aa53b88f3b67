import JSON
import Tokens

extension Movement {
  /// What `tollgate.settle` takes as one of its requests.
  var request: String {
    var writer = JSONWriter(reserving: 192)
    writer.beginObject()
    operation.write(to: &writer)
    if let actor {
      writer.name("actor")
      writer.beginObject()
      writer.member("kind", actor.kind.rawValue)
      if let id = actor.id { writer.member("id", id) }
      if let requestID = actor.requestID { writer.member("requestId", requestID) }
      writer.endObject()
    }
    writer.endObject()
    return String(decoding: writer.finish(), as: UTF8.self)
  }
}

extension Movement.Operation {
  /// The feature that it names.
  var feature: String? {
    switch self {
    case .deduct(let feature, _), .reserve(.feature(let feature, _, _), _): feature
    default: nil
    }
  }

  /// Units of a price without dimensions.
  var units: Int64? {
    if case .reserve(.feature(_, let units, nil), _) = self { units } else { nil }
  }

  fileprivate func write(to writer: inout JSONWriter) {
    switch self {
    case .deduct(_, let dimensions):
      writer.member("operation", "deduct")
      writer.member("units", dimensions)
    case .refund(let charge, let amount, let reason):
      writer.member("operation", "refund")
      writer.member("transactionId", charge.description)
      if let amount { writer.member("amount", amount) }
      if let reason { writer.member("reason", reason) }
    case .topUp(let topUp):
      writer.member("operation", "top_up")
      writer.member("tokenType", topUp.tokenType)
      writer.member("amount", topUp.amount)
      writer.member("paymentId", topUp.paymentID)
      if let expiry = topUp.expiresAtMicroseconds { writer.member("expiresAtMicroseconds", expiry) }
    case .reserve(let reservable, let ttlSeconds):
      writer.member("operation", "reserve")
      writer.member("ttlSeconds", ttlSeconds)
      switch reservable {
      case .feature(_, _, let dimensions):
        if let dimensions { writer.member("units", dimensions) }
      case .tokens(let tokenType, let amount):
        writer.member("tokenType", tokenType)
        writer.member("amount", amount)
      }
    case .capture(let reservation, let amount):
      writer.member("operation", "capture")
      writer.member("reservationId", reservation.description)
      if let amount { writer.member("amount", amount) }
    case .release(let reservation):
      writer.member("operation", "release")
      writer.member("reservationId", reservation.description)
    case .extend(let reservation, let ttlSeconds):
      writer.member("operation", "extend")
      writer.member("reservationId", reservation.description)
      writer.member("ttlSeconds", ttlSeconds)
    case .adjust(let tokenType, let adjustment, let reason):
      writer.member("operation", "adjust")
      writer.member("tokenType", tokenType)
      switch adjustment {
      case .amount(let amount): writer.member("amount", amount)
      case .balance(let balance): writer.member("balance", balance)
      }
      if let reason { writer.member("reason", reason) }
    case .reset(let tokenType):
      writer.member("operation", "reset")
      writer.member("tokenType", tokenType)
    }
  }
}

extension JSONWriter {
  /// Writes a member that is an object of dimensions.
  fileprivate mutating func member(_ name: StaticString, _ dimensions: Dimensions) {
    self.name(name)
    beginObject()
    for part in dimensions.quantities {
      self.name(part.dimension)
      integer(part.quantity)
    }
    endObject()
  }
}
