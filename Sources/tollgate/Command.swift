/// One command with its help.
struct Command: Sendable {
  /// One or two words.
  let name: [String]
  let summary: String
  /// Usage and options, as `--help` shows them.
  let help: String
  let run: @Sendable ([String]) throws -> Void

  static let all: [Command] = [
    ServeCommand.command, DevelopmentCommand.command, MigrateCommand.up, MigrateCommand.status, MigrateCommand.plan,
    MigrateCommand.verify, VerifyCommand.command, SweepCommand.command, OrganizationCommand.create,
    OrganizationCommand.list, OrganizationCommand.show, OrganizationCommand.plan, OrganizationCommand.suspend,
    OrganizationCommand.resume, OrganizationCommand.reset, OrganizationCommand.adjust, UserCommand.create,
    UserCommand.list, UserCommand.role, UserCommand.remove, KeyCommand.create, KeyCommand.list, KeyCommand.revoke,
    KeyCommand.rotate, PlanCommand.list, PlanCommand.show, PlanCommand.set, ActionCommand.list, ActionCommand.show,
    ActionCommand.set, AuditCommand.list, BudgetCommand.list, BudgetCommand.set, BudgetCommand.level,
    BudgetCommand.reset, VaultCommand.rotate, VaultCommand.status, WebhookCommand.create, WebhookCommand.list,
    WebhookCommand.delete, WebhookCommand.test, WebhookCommand.rotate, WebhookCommand.replay,
    PaymentCommand.customer, PaymentCommand.pack, PaymentCommand.list, TokenCommand.mint,
    ConfigurationCommand.command,
    VersionCommand.command,
  ]

  /// The command that the arguments begin with, and what follows its name.
  static func find(_ arguments: [String]) -> (Command, rest: [String])? {
    for command in all where arguments.starts(with: command.name) {
      return (command, Array(arguments.dropFirst(command.name.count)))
    }
    return nil
  }
}

enum Usage {
  static var overview: String {
    let width = (Command.all.map { $0.name.joined(separator: " ").count }.max() ?? 0) + 2
    let lines = Command.all.map { command in
      let name = command.name.joined(separator: " ")
      return "  " + name + String(repeating: " ", count: width - name.count) + command.summary
    }
    return """
      Tollgate: token billing on PostgreSQL.

      usage: tollgate COMMAND [OPTIONS]

      \(lines.joined(separator: "\n"))

      Every command has --help. Exit code 0: done, 1: failed, 2: wrong usage.
      """
  }
}
