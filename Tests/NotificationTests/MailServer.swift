import Foundation
import Glibc
import JSON
import Testbed

/// A real SMTP server, of Debian's python3-aiosmtpd, that keeps what it gets.
final class MailServer {
  struct Failure: Error { let description: String }
  struct Message: Sendable {
    let sender: String
    let recipients: [String]
    /// As Python's own parser understands it.
    let subject: String
    let text: String
    let fields: [String]
    let isEncrypted: Bool
  }

  private static let program = """
    import asyncio, email, email.policy, json, ssl, sys
    from aiosmtpd.smtp import SMTP

    class Keeper:
        async def handle_RCPT(self, server, session, envelope, address, options):
            if address.startswith("nobody@"):
                return "550 No such mailbox"
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server, session, envelope):
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            print(json.dumps({"sender": envelope.mail_from, "recipients": envelope.rcpt_tos,
                "subject": message["Subject"], "text": message.get_content(), "fields": message.keys(),
                "encrypted": session.ssl is not None}), flush=True)
            return "250 Kept"

    def check(server, session, envelope, mechanism, login):
        from aiosmtpd.smtp import AuthResult
        ok = (login.login, login.password) == (b"tollgate", sys.argv[3].encode())
        return AuthResult(success=ok)

    async def main():
        context = None
        if sys.argv[1]:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(sys.argv[1], sys.argv[2])
        wanted = bool(sys.argv[3])
        def make():
            return SMTP(Keeper(), tls_context=context, require_starttls=context is not None,
                auth_required=wanted, authenticator=check if wanted else None, hostname="relay.example")
        server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(main())
    """

  private(set) var port: Int
  private let process = Process()
  private let output = Pipe()
  private var rest: [UInt8] = []

  /// Blocks until it listens. With a certificate it takes nothing before STARTTLS, with a password nothing without it.
  init(_ certificate: (certificateFile: String, keyFile: String)? = nil, password: String = "") throws {
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = ["-c", Self.program, certificate?.certificateFile ?? "", certificate?.keyFile ?? "", password]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    port = 0
    try process.run()
    guard let line = readLine(), let port = Int(line) else {
      throw Failure(description: "aiosmtpd did not start: is it installed (make install)?")
    }
    self.port = port
  }

  var url: String { "smtp://127.0.0.1:\(port)" }

  /// The next message. Blocks, for twenty seconds at the most.
  func next() throws -> Message {
    guard let line = readLine() else { throw Failure(description: "no message came") }
    var reader = try ObjectReader(parseJSON(Array(line.utf8)))
    return Message(
      sender: try reader.string("sender"), recipients: try Self.texts(reader.array("recipients")),
      subject: try reader.string("subject"), text: try reader.string("text"),
      fields: try Self.texts(reader.array("fields")), isEncrypted: try reader.boolean("encrypted"))
  }

  /// Blocks.
  func stop() {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  private static func texts(_ values: [JSONValue]) -> [String] {
    values.compactMap { if case .string(let text) = $0 { text } else { nil } }
  }

  private func readLine() -> String? {
    let descriptor = output.fileHandleForReading.fileDescriptor
    while true {
      if let end = rest.firstIndex(of: 0x0A) {
        defer { rest.removeSubrange(...end) }
        return String(decoding: rest[..<end], as: UTF8.self)
      }
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 20_000) == 1 else { return nil }
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return nil }
      rest += buffer.prefix(count)
    }
  }
}
