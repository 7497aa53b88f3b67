import Accounts
import JSON
import Postgres
import Tokens

/// `tollgate payment …`
enum PaymentCommand {
  static let customer = Command(
    name: ["payment", "customer"], summary: "Say whose customer of the payment provider somebody is.",
    help: """
      usage: tollgate payment customer --customer cus_… --organization ID [--remove] [--json]

      Invoices of a customer suspend its organization when they fail, and restore it when they are paid; those that came
      before it was known count now. With --remove it is the organization's no more, and what it owes is waived.
      Checkouts that name an organization in their metadata say so by themselves.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--customer", "--organization"], flags: ["--remove", "--json"])
    let customerID = try arguments.required("--customer")
    let organizationID = try arguments.organization()
    let isRemoved = arguments.has("--remove")
    let hasChanged = try administering { connection in
      isRemoved
        ? try Administration.removePaymentCustomer(customerID, of: organizationID, on: &connection)
        : try Administration.setPaymentCustomer(customerID, of: organizationID, on: &connection)
    }
    show(hasChanged, of: "customer", customerID, isRemoved: isRemoved, asJSON: arguments.has("--json"))
  }

  static let pack = Command(
    name: ["payment", "pack"], summary: "Say how many tokens a paid checkout of a pack is.",
    help: """
      usage: tollgate payment pack --pack NAME --token-type TYPE --tokens N [--price MINOR --currency CODE] [--json]
             tollgate payment pack --pack NAME --remove [--json]

      NAME is what checkouts name the pack by: the value of tollgate_pack in their metadata, or the id of a payment link.
      With a price, as 1900 and eur, a checkout that comes to less does not count.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(
      arguments, options: ["--pack", "--token-type", "--tokens", "--price", "--currency"],
      flags: ["--remove", "--json"])
    let name = try arguments.required("--pack")
    if arguments.has("--remove") {
      let wasThere = try administering { try Administration.removePaymentPack(name, on: &$0) }
      show(wasThere, of: "pack", name, isRemoved: true, asJSON: arguments.has("--json"))
      return
    }
    let pack = PaymentPack(
      name: name, tokenType: try arguments.required("--token-type"),
      tokens: try number("--tokens", arguments.required("--tokens")), price: try price(arguments))
    try administering { try Administration.setPaymentPack(pack, on: &$0) }
    show(true, of: "pack", name, isRemoved: false, asJSON: arguments.has("--json"))
  }

  static let list = Command(
    name: ["payment", "list"], summary: "List packs, with their prices, and whose customers are.",
    help: """
      usage: tollgate payment list [--organization ID] [--json]

      A line for each pack that is sold, by name, and for each customer of the payment provider. With --organization only
      that one's customers. With --json each is an object.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--organization"], flags: ["--json"])
    let owner = arguments["--organization"] == nil ? nil : try arguments.organization()
    let isJSON = arguments.has("--json")
    try looking { connection in
      if owner == nil {
        for pack in try Administration.paymentPacks(on: &connection) {
          if isJSON { Terminal.outputObject(pack.write) } else { Terminal.output(pack.line) }
        }
      }
      var last: PaymentCustomer?
      repeat {
        let page = try Administration.paymentCustomers(of: owner, behind: last, limit: pageLimit, on: &connection)
        for customer in page {
          if isJSON { Terminal.outputObject(customer.write) } else { Terminal.output(customer.line) }
        }
        last = page.count < pageLimit ? nil : page.last
      } while last != nil
    }
  }

  /// Customers that are read at once.
  private static let pageLimit = 500

  private static func price(_ arguments: Arguments) throws(UsageError) -> PaymentPack.Price? {
    switch (arguments["--price"], arguments["--currency"]) {
    case (nil, nil): return nil
    case (let minor?, let currency?):
      return PaymentPack.Price(minor: try number("--price", minor), currency: currency)
    default: throw UsageError("--price and --currency come together")
    }
  }

  private static func number(_ option: String, _ text: String) throws(UsageError) -> Int64 {
    guard let number = Int64(text), number > 0 else { throw UsageError("\(option) is a whole number above 0") }
    return number
  }

  private static func show(_ hasChanged: Bool, of kind: StaticString, _ name: String, isRemoved: Bool, asJSON: Bool) {
    if asJSON {
      Terminal.outputObject { writer in
        writer.member(kind, name)
        writer.member("changed", hasChanged)
      }
    } else {
      let what = isRemoved ? (hasChanged ? "removed" : "was not there") : (hasChanged ? "set" : "was set already")
      Terminal.output("\(kind) \(Terminal.quoted(name)) \(what)")
    }
  }
}

extension PaymentPack {
  /// For scripts.
  fileprivate func write(to writer: inout JSONWriter) {
    writer.member("pack", name)
    writer.member("tokenType", tokenType)
    writer.member("tokens", tokens)
    writer.member("priceMinor", price?.minor)
    writer.member("currency", price?.currency)
  }

  /// For people.
  fileprivate var line: String {
    let cost = price.map { "from \($0.minor) \($0.currency)" } ?? "at any price"
    return "pack \(Terminal.quoted(name)): \(tokens) \(tokenType), \(cost)"
  }
}

extension PaymentCustomer {
  /// For scripts.
  fileprivate func write(to writer: inout JSONWriter) {
    writer.member("customer", id)
    writer.member("organizationId", organizationID.description)
  }

  /// For people.
  fileprivate var line: String { "customer \(Terminal.quoted(id)) of \(organizationID)" }
}
