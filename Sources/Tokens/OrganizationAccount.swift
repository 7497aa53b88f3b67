/// Who has suspended an organization, and so what ends that.
public enum SuspensionReason: String, CaseIterable, Sendable {
  /// An invoice that failed: payment lets it go on.
  case payment
  /// A person, who alone lets it go on.
  case administrator
}

/// An organization with what it has, as administrators list it.
public struct OrganizationAccount: Sendable {
  public var details: OrganizationDetails
  /// Nil: it is active.
  public var suspendedFor: SuspensionReason?
  /// Microseconds since 1970.
  public var createdAtMicroseconds: Int64
  public var userCount: Int64
  /// As of now, by token type.
  public var balances: [Balance]
  /// What it was sorted by in a list; nil where it is in none.
  public var sortKey: String?

  public init(
    details: OrganizationDetails, suspendedFor: SuspensionReason?, createdAtMicroseconds: Int64, userCount: Int64,
    balances: [Balance], sortKey: String? = nil
  ) {
    self.details = details
    self.suspendedFor = suspendedFor
    self.createdAtMicroseconds = createdAtMicroseconds
    self.userCount = userCount
    self.balances = balances
    self.sortKey = sortKey
  }

  /// Its place in the list that it is in.
  public var place: ListPlace<Organization>? { sortKey.map { ListPlace(id: details.id, sortKey: $0) } }
}

extension OrganizationAccount {
  public var totalBalance: Int64 { Self.total(balances.map(\.balance)) }
  public var totalAllocated: Int64 { Self.total(balances.map(\.allocated)) }
  public var totalUsed: Int64 { Self.total(balances.map(\.used)) }

  /// The part of the allocation that is left, in percent, rounded down; nil where nothing is allocated.
  public var percentLeft: Int64? {
    guard totalAllocated > 0 else { return nil }
    let (product, isOverflow) = max(0, totalBalance).multipliedReportingOverflow(by: 100)
    return isOverflow ? totalBalance / max(1, totalAllocated / 100) : product / totalAllocated
  }

  /// The worst state of the balances that the plan allocates or that hold something; exhausted without any.
  public var state: BalanceState {
    let states = balances.filter { $0.allocated > 0 || $0.balance > 0 }.map(\.state)
    return BalanceState.allCases.last { states.contains($0) } ?? .exhausted
  }

  /// When the first period ends, in microseconds since 1970; nil: none does.
  public var refreshDateMicroseconds: Int64? { balances.compactMap(\.refreshDateMicroseconds).min() }

  /// A sum that stops at the largest number instead of ending the process.
  private static func total(_ amounts: [Int64]) -> Int64 {
    amounts.reduce(0) { sum, amount in
      let (next, isOverflow) = sum.addingReportingOverflow(amount)
      return isOverflow ? .max : next
    }
  }
}

/// Which organizations are asked for, and in which order. What is nil does not matter.
public struct OrganizationFilter: Sendable {
  /// What comes first.
  public enum Order: String, Sendable, CaseIterable {
    /// The newest.
    case created
    /// By name, regardless of case.
    case name
    /// Those that have used most in this period.
    case used
    /// Those that have least left.
    case available
  }

  /// How the name or, with four digits or more, the id begins.
  public var search: String?
  public var plan: String?
  public var status: OrganizationStatus?
  /// Only those with a balance on a plan that is critical or exhausted.
  public var isNearLimit: Bool
  public var order: Order

  public init(
    search: String? = nil, plan: String? = nil, status: OrganizationStatus? = nil, isNearLimit: Bool = false,
    order: Order = .created
  ) {
    self.search = search
    self.plan = plan
    self.status = status
    self.isNearLimit = isNearLimit
    self.order = order
  }
}

/// An organization that was made, now or when the request was sent before.
public struct NewOrganization: Sendable {
  public var id: OrganizationID
  /// Microseconds since 1970.
  public var createdAtMicroseconds: Int64
  public var isReplay: Bool

  public init(id: OrganizationID, createdAtMicroseconds: Int64, isReplay: Bool) {
    self.id = id
    self.createdAtMicroseconds = createdAtMicroseconds
    self.isReplay = isReplay
  }
}

/// What became of a request that makes something, under an idempotency key or without one.
public enum Creation<Made: Sendable>: Sendable {
  case made(Made)
  /// The key was used for another request.
  case keyReused
}
