import Cluster
import Foundation
import Glibc
import JSON
import Postgres
import Testbed
import Testing
import Vault

/// A real server process at a PostgreSQL that logs every statement with its parameters.
@Suite("where secrets are not")
struct CanaryTests {
  private struct Place {
    let cluster: PrivateCluster
    let folder: ScratchFolder
    /// What PostgreSQL logs.
    let statementLog: String
    let oauth: OAuthServer
    let keys: String
    let environment: [String: String]

    private static func make() throws -> Place {
      let folder = try ScratchFolder()
      let cluster = try PrivateCluster.throwAway(settings: [
        "log_statement": "all", "log_min_error_statement": "debug5", "log_min_messages": "debug1",
        "log_parameter_max_length": "-1", "log_parameter_max_length_on_error": "-1",
      ])
      try cluster.start()
      let oauth = try OAuthServer()
      let keys = try VaultKeys.make(id: "canary")
      let password = UUID().uuidString
      let outcome = try Program(["migrate", "up"], environment: ["DATABASE_URL": cluster.administratorURL])
        .waitUntilEnd()
      try #require(outcome.status == 0, "\(outcome.complaints)")
      var connection = try Connection(ConnectionSettings(cluster.administratorURL))
      try connection.script("ALTER ROLE tollgate_server PASSWORD '\(password)'")
      let data = try connection.query("SHOW data_directory").string(0, 0)
      let statementLog = URL(filePath: data).deletingLastPathComponent().appending(path: "server.log").path()
      let environment = [
        "DATABASE_URL": cluster.url(user: "tollgate_server", password: password, database: "postgres"),
        "TOLLGATE_LISTEN": "127.0.0.1:0", "TOLLGATE_JWT_SECRET": UUID().uuidString, "LOG_LEVEL": "debug",
        "TOLLGATE_VAULT_KEYS": keys, "TOLLGATE_EGRESS_ALLOW": "127.0.0.1",
        "TOLLGATE_CA_FILE": try OAuthServer.certificate.get().authorityFile,
      ]
      return Place(
        cluster: cluster, folder: folder, statementLog: statementLog, oauth: oauth, keys: keys, environment: environment
      )
    }

    static func with(_ body: (Place) async throws -> Void) async throws {
      let place = try await onOwnThread { try make() }
      do { try await body(place) } catch {
        try await onOwnThread { place.end() }
        throw error
      }
      try await onOwnThread { place.end() }
    }

    private func end() {
      oauth.stop()
      cluster.remove()
    }

    func run(_ arguments: String...) async throws -> String {
      let outcome = try await Program.run(arguments, environment: environment)
      try #require(outcome.status == 0, "\(outcome.complaints)")
      return String(outcome.output.dropLast())
    }

    /// The server, where cores may be as large as they like, in a folder of its own.
    func serve(changing changes: [String: String] = [:]) throws -> (Program, HTTPAddress) {
      let program = try Program(
        executable: "/bin/sh",
        ["-c", "ulimit -c unlimited; cd \(folder.path) && exec \"$0\" serve", Program.tollgate],
        environment: environment.merging(changes) { $1 })
      let line = try program.waitForComplaint(containing: #""listening""#)
      let port = try #require(try parseJSON(Array(line.utf8))["port"]?.integer)
      return (program, HTTPAddress(port: try #require(UInt16(exactly: port))))
    }

    /// Everything that ended in a file: what PostgreSQL logged and what is below the folder of the server.
    func files() throws -> [(name: String, bytes: Data)] {
      let names = FileManager.default.enumerator(atPath: folder.path)?.allObjects.compactMap { $0 as? String } ?? []
      return try (names.map { folder.path + "/" + $0 } + [statementLog]).compactMap { path in
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
          return nil
        }
        return (path, try Data(contentsOf: URL(filePath: path)))
      }
    }
  }

  @Test("tokens, codes, verifiers, the client secret and the vault's keys are in no log, dump, error or core file")
  func canaries() async throws {
    try await Place.with { place in try await Self.lookForCanaries(place) }
  }

  private static func lookForCanaries(_ place: Place) async throws {
    let organization = try await place.run("org", "create", "--name", "Canary", "--plan", "pro")
    let user = try await place.run("user", "create", "--organization", organization)
    let token = try await place.run("token", "mint", "--user", user)
    let service = try await place.run("token", "mint", "--service")
    let (program, address) = try await onOwnThread { try place.serve() }
    var bodies: [String] = []
    func ask(_ method: String, _ path: String, _ body: String?, as bearer: String? = nil) async throws -> JSONValue {
      let answer = try await address.send(method, "/api/v1/" + path, token: bearer ?? token, body: body)
      if !path.hasSuffix("access-token") || answer.status != 200 { bodies.append(answer.body) }
      return try answer.json()
    }
    let provider = """
      {"authorizationUrl":"\(place.oauth.url("/authorize"))","tokenUrl":"\(place.oauth.url("/token"))",
      "clientId":"\(place.oauth.clientID)","clientSecret":"\(place.oauth.clientSecret)",
      "redirectUri":"https://a.example/"}
      """
    _ = try await ask("PUT", "admin/providers/drive", provider, as: service)
    var codes: [String] = []
    for _ in 1...2 {
      let url = try #require(try await ask("POST", "credentials/drive/authorize", nil)["url"]?.string)
      let query = URLComponents(string: url)?.queryItems ?? []
      func item(_ name: String) throws -> String { try #require(query.first { $0.name == name }?.value) }
      codes.append(try place.oauth.consent(challenge: item("code_challenge"), redirectURI: item("redirect_uri")))
      let state = try item("state")
      // The URL is the one place for a state.
      bodies.removeLast()
      for _ in 1...2 {
        _ = try await ask("POST", "credentials/drive/exchange", #"{"code":"\#(codes.last ?? "")","state":"\#(state)"}"#)
      }
    }
    #expect(
      try await ask("POST", "credentials/drive/access-token", nil)["accessToken"]?.string
        == place.oauth.accessTokens.last)
    _ = try await ask("PUT", "credentials/drive", #"{"refreshToken":"\#(try place.oauth.makeRefreshToken())"}"#)
    #expect(
      try await ask("POST", "credentials/drive/access-token", nil)["accessToken"]?.string
        == place.oauth.accessTokens.last)
    _ = try await ask("PUT", "credentials/drive", #"{"refreshToken":"\#(try place.oauth.makeRefreshToken())"}"#)
    place.oauth.behave(.workAndAnswer(OAuthServer.json(500, "{}")))
    #expect(try await ask("POST", "credentials/drive/access-token", nil)["code"]?.string == "provider_unavailable")
    _ = try await ask("GET", "credentials/drive", nil)
    let dump = try await onOwnThread {
      try Program(
        executable: "/usr/bin/pg_dump", ["--dbname=\(place.cluster.administratorURL)"]
      ).waitUntilEnd()
    }
    #expect(dump.status == 0 && dump.output.contains("COPY tollgate.credentials"))
    let rotated = try await Program.run(
      ["vault", "rotate"],
      environment: place.environment.merging(["DATABASE_DIRECT_URL": place.cluster.administratorURL]) { $1 })
    #expect(rotated.status == 0)

    // As it is ended by a fault of its own, with everything in memory.
    let outcome = try await onOwnThread { program.end(by: SIGSEGV) }
    #expect(outcome.status == -SIGSEGV)
    #expect(!outcome.hasDumped)

    let verifiers = place.oauth.forms.compactMap { $0["code_verifier"] }
    let secrets =
      place.oauth.refreshTokens + place.oauth.accessTokens + verifiers + codes
      + [place.oauth.clientSecret, String(place.keys.dropFirst("canary:".count))]
    #expect(place.oauth.refreshTokens.count >= 5 && place.oauth.accessTokens.count >= 4 && verifiers.count == 2)
    let files = try place.files()
    let statements = try #require(files.first { $0.name == place.statementLog })
    // It does log parameters: the provider's name is one.
    #expect(statements.bytes.range(of: Data("use_credential".utf8)) != nil)
    #expect(statements.bytes.range(of: Data("parameters: ".utf8)) != nil)
    let texts = bodies + [outcome.complaints, outcome.output, dump.output, rotated.output, rotated.complaints]
    #expect(outcome.complaints.contains("a provider gave no tokens"))
    for secret in secrets {
      for text in texts { #expect(!text.contains(secret)) }
      let hexadecimal = secret.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
      for needle in [secret, hexadecimal] {
        #expect(!dump.output.contains(needle))
        for file in files { #expect(file.bytes.range(of: Data(needle.utf8)) == nil, "\(file.name)") }
      }
    }
  }

  @Test(
    "a server with a vault leaves no core file and no backtrace, however it is ended; one without has the limits it was started with"
  )
  func cores() async throws {
    try await Place.with { place in
      for signal in [SIGABRT, SIGSEGV, SIGQUIT] {
        let (program, _) = try await onOwnThread { try place.serve() }
        #expect(try program.coreLimit() == "0")
        let outcome = try await onOwnThread { program.end(by: signal) }
        #expect(outcome.status == -signal && !outcome.hasDumped)
        for line in outcome.complaints.split(separator: "\n") { #expect(line.hasPrefix("{")) }
      }
      #expect(try place.files().map(\.name) == [place.statementLog])
      let (program, _) = try await onOwnThread { try place.serve(changing: ["TOLLGATE_VAULT_KEYS": ""]) }
      #expect(try program.coreLimit() != "0")
      _ = try await onOwnThread { program.end(by: SIGKILL) }
    }
  }
}
