internal import Foundation
internal import JSON

extension Deduction {
  init(_ members: inout ObjectReader) throws {
    transactionID = TransactionID(try members.string("transactionId"))
    organizationID = OrganizationID(try members.string("organizationId"))
    tokenType = try members.string("tokenType")
    featureUsed = try members.string("featureUsed")
    cost = try members.tokens("cost")
    balanceBefore = try members.tokens("balanceBefore")
    balanceAfter = try members.tokens("balanceAfter")
    state = try members.state()
    createdAt = try members.time("createdAt")
  }
}

extension Reservation {
  init(_ members: inout ObjectReader) throws {
    id = ReservationID(try members.string("reservationId"))
    tokenType = try members.string("tokenType")
    amount = try members.tokens("amount")
    expiresAt = try members.time("expiresAt")
    balance = try members.tokens("balance")
    reserved = try members.tokens("reserved")
    available = try members.tokens("available")
    state = try members.state()
  }
}

extension Capture {
  init(_ members: inout ObjectReader) throws {
    reservationID = ReservationID(try members.string("reservationId"))
    transactionID = TransactionID(try members.string("transactionId"))
    captured = try members.tokens("captured")
    released = try members.tokens("released")
    balance = try members.tokens("balance")
    reserved = try members.tokens("reserved")
    available = try members.tokens("available")
    state = try members.state()
  }
}

extension Release {
  init(_ members: inout ObjectReader) throws {
    reservationID = ReservationID(try members.string("reservationId"))
    released = try members.tokens("released")
    balance = try members.tokens("balance")
    reserved = try members.tokens("reserved")
    available = try members.tokens("available")
  }
}

extension Refund {
  init(_ members: inout ObjectReader) throws {
    id = TransactionID(try members.string("refundId"))
    transactionID = TransactionID(try members.string("transactionId"))
    amount = try members.tokens("amount")
    refundedTotal = try members.tokens("refundedTotal")
    balanceAfter = try members.tokens("balanceAfter")
  }
}

extension Balance {
  init(_ members: inout ObjectReader) throws {
    tokenType = try members.string("tokenType")
    balance = try members.tokens("balance")
    reserved = try members.tokens("reserved")
    available = try members.tokens("available")
    allocated = try members.tokens("allocated")
    used = try members.tokens("used")
    purchased = try members.tokens("purchased")
    refreshDate = try members.optionalTime("refreshDate")
    state = try members.state()
  }
}

extension Action {
  init(_ members: inout ObjectReader) throws {
    name = try members.string("name")
    tokenType = try members.string("tokenType")
    cost = try members.optionalInteger("cost").map { Int($0) }
    endpointType = try members.optionalString("endpointType")
    description = try members.optionalString("description")
  }
}

extension ActionCheck {
  init(_ members: inout ObjectReader) throws {
    isAllowed = try members.boolean("allowed")
    tokenType = try members.optionalString("tokenType")
    required = Int(try members.optionalInteger("required") ?? 0)
    balance = Int(try members.optionalInteger("balance") ?? 0)
    available = Int(try members.optionalInteger("available") ?? 0)
    code = try members.optionalString("code")
    reason = try members.optionalString("reason")
    retryAfterSeconds = try members.optionalInteger("retryAfterSeconds").map { Int($0) }
  }
}

extension ObjectReader {
  fileprivate mutating func tokens(_ name: String) throws -> Int { Int(try integer(name)) }

  fileprivate mutating func state() throws -> BalanceState {
    BalanceState(rawValue: try string("state")) ?? .unknown
  }

  fileprivate mutating func time(_ name: String) throws -> Date {
    try Date(try string(name), strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  fileprivate mutating func optionalTime(_ name: String) throws -> Date? {
    guard let value = optionalValue(name), value != .null else { return nil }
    return try time(name)
  }
}
