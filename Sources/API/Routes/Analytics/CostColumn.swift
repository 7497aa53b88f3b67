import Tokens

/// The columns of the FOCUS export, in the order of their names, own ones last.
enum CostColumn: String, CaseIterable {
  case billedCost = "BilledCost"
  case billingAccountID = "BillingAccountId"
  case billingAccountName = "BillingAccountName"
  case billingCurrency = "BillingCurrency"
  case billingPeriodEnd = "BillingPeriodEnd"
  case billingPeriodStart = "BillingPeriodStart"
  case chargeCategory = "ChargeCategory"
  case chargeClass = "ChargeClass"
  case chargeDescription = "ChargeDescription"
  case chargeFrequency = "ChargeFrequency"
  case chargePeriodEnd = "ChargePeriodEnd"
  case chargePeriodStart = "ChargePeriodStart"
  case consumedQuantity = "ConsumedQuantity"
  case consumedUnit = "ConsumedUnit"
  case contractedCost = "ContractedCost"
  case effectiveCost = "EffectiveCost"
  case invoiceIssuerName = "InvoiceIssuerName"
  case listCost = "ListCost"
  case pricingCategory = "PricingCategory"
  case pricingCurrency = "PricingCurrency"
  case pricingCurrencyEffectiveCost = "PricingCurrencyEffectiveCost"
  case pricingQuantity = "PricingQuantity"
  case pricingUnit = "PricingUnit"
  case providerName = "ProviderName"
  case publisherName = "PublisherName"
  case serviceCategory = "ServiceCategory"
  case serviceName = "ServiceName"
  case skuID = "SkuId"
  case refusals = "x_Refusals"
  case tokenType = "x_TokenType"
  case uses = "x_Uses"

  func write(_ row: CostRow, to writer: inout CSVWriter) {
    switch self {
    case .billedCost, .contractedCost, .effectiveCost, .listCost: writer.integer(0)
    case .billingAccountID: writer.text(row.organizationID.description)
    case .billingAccountName: writer.text(row.organizationName)
    case .billingCurrency: writer.text(row.currency)
    case .billingPeriodStart: writer.text(Self.month(of: row.dayMicroseconds, after: 0))
    case .billingPeriodEnd: writer.text(Self.month(of: row.dayMicroseconds, after: 1))
    case .chargeCategory: writer.text("Usage")
    case .chargeClass: writer.text(nil)
    case .chargeDescription: writer.text("Tokens of \(row.tokenType) used for \(row.feature)")
    case .chargeFrequency: writer.text("Usage-Based")
    case .chargePeriodStart: writer.text(Self.time(row.dayMicroseconds))
    case .chargePeriodEnd: writer.text(Self.time(row.dayMicroseconds + 86_400_000_000))
    case .consumedQuantity, .pricingQuantity, .pricingCurrencyEffectiveCost: writer.integer(row.tokens)
    case .consumedUnit, .pricingUnit: writer.text("Tokens")
    case .invoiceIssuerName, .providerName, .publisherName: writer.text("Tollgate")
    case .pricingCategory: writer.text("Standard")
    case .pricingCurrency: writer.text(row.tokenType)
    case .serviceCategory: writer.text("AI and Machine Learning")
    case .serviceName, .skuID: writer.text(row.feature)
    case .refusals: writer.integer(row.refusals)
    case .tokenType: writer.text(row.tokenType)
    case .uses: writer.integer(row.uses)
    }
  }

  /// The specification's form of times, which has no fractions: `2026-11-21T00:00:00Z`.
  private static func time(_ microseconds: Int64) -> String { "\(Timestamp.text(microseconds).prefix(19))Z" }

  /// The first instant of a day's calendar month, or of one after it.
  private static func month(of microseconds: Int64, after count: Int) -> String {
    let text = Timestamp.text(microseconds)
    guard let year = Int(text.prefix(4)), let month = Int(text.dropFirst(5).prefix(2)) else { return text }
    let number = year * 12 + month - 1 + count
    let (thatYear, thatMonth) = (number / 12, number % 12 + 1)
    return "\(thatYear)-\(thatMonth < 10 ? "0" : "")\(thatMonth)-01T00:00:00Z"
  }
}
