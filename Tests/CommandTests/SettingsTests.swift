import Foundation
import JSON
import Testbed
import Testing

@Suite("settings")
struct SettingsTests {
  @Test("all bad settings are reported together, without their values")
  func badSettings() async throws {
    let environment = [
      "TOLLGATE_JWT_SECRET": "tooshort", "TOLLGATE_LISTEN": "somewhere", "TOLLGATE_LANES": "zero77",
      "TOLLGATE_QUEUE_LIMIT": "-987", "TOLLGATE_SHUTDOWN_SECONDS": "9999999", "LOG_LEVEL": "loud", "LOG_FORMAT": "xml",
      "DATABASE_URL": "postgres://user:hunter2@host/a", "DATABASE_URL_FILE": "/nonexistent/path",
      "TOLLGATE_MAX_CONNECTIONS": "15", "TOLLGATE_MAX_CONNECTIONS_PER_ADDRESS": "many44",
      "TOLLGATE_TRUSTED_PROXIES": "10.0.0.0/8 proxy.example", "TOLLGATE_CORS_ORIGINS": "https://a.example/,*",
      "TOLLGATE_RATE_LIMIT_PER_CALLER": "5 a minute", "TOLLGATE_RATE_LIMIT_PER_ORGANIZATION": "77/minute",
      "TOLLGATE_JWT_JWKS": "http://keys.example", "DATABASE_DIRECT_URL_FILE": "/nonexistent/direct",
      "TOLLGATE_CA_FILE": "/nonexistent/certificates", "TOLLGATE_SMTP_URL": "http://relay.example",
      "TOLLGATE_SMTP_FROM": "<alerts>", "TOLLGATE_SMTP_PASSWORD": "swordfish",
    ]
    for command in ["serve", "dev", "config"] {
      let outcome = try await Program.run([command], environment: environment)
      #expect(outcome.status == 1)
      #expect(outcome.output.isEmpty)
      #expect(outcome.complaints.split(separator: "\n").count == 1)
      for name in environment.keys where name != "DATABASE_URL_FILE" {
        #expect(outcome.complaints.contains(name), "\(name)")
      }
      for value in environment.values { #expect(!outcome.complaints.contains(value), "\(value)") }
    }
  }

  @Test("config shows what is in force, and of secrets only whether they are set")
  func config() async throws {
    let secret = String(repeating: "topsecret", count: 4)
    let environment = [
      "DATABASE_URL": "postgres://user:hunter2@host/a", "TOLLGATE_JWT_SECRET": secret, "TOLLGATE_LANES": "7",
      "TOLLGATE_JWT_ISSUER": "https://issuer.example", "TOLLGATE_LISTEN": "[::1]:99",
      "TOLLGATE_JWT_JWKS": "https://keys.example/set?key=hunter2",
      "TOLLGATE_TRUSTED_PROXIES": "10.0.0.0/8,2001:db8::1, 192.0.2.1",
      "TOLLGATE_CORS_ORIGINS": "https://app.example.com http://localhost:3000",
      "TOLLGATE_RATE_LIMIT_PER_CALLER": "50/s", "TOLLGATE_RATE_LIMIT_PER_ORGANIZATION": "off",
      "TOLLGATE_SMTP_URL": "smtp://relay.example:587", "TOLLGATE_SMTP_FROM": "alerts@example.com",
      "TOLLGATE_SMTP_USER": "tollgate", "TOLLGATE_SMTP_PASSWORD": "swordfish",
    ]
    let json = try await Program.run(["config", "--json"], environment: environment)
    #expect(json.status == 0)
    #expect(json.output.count { $0 == "\n" } == 1)
    let settings = try parseJSON(Array(json.output.utf8))
    #expect(settings["DATABASE_URL"]?.string == "(set)")
    #expect(settings["DATABASE_DIRECT_URL"]?.string == "(not set)")
    #expect(settings["TOLLGATE_TRUSTED_PROXIES"]?.string == "10.0.0.0/8, 2001:db8::1, 192.0.2.1")
    #expect(settings["TOLLGATE_CORS_ORIGINS"]?.string == "https://app.example.com, http://localhost:3000")
    #expect(settings["TOLLGATE_RATE_LIMIT_PER_CALLER"]?.string == "50/s burst 50")
    #expect(settings["TOLLGATE_RATE_LIMIT_PER_ORGANIZATION"]?.string == "off")
    #expect(settings["TOLLGATE_MAX_CONNECTIONS_PER_ADDRESS"]?.string == "2000")
    #expect(settings["TOLLGATE_JWT_SECRET"]?.string == "(set)")
    #expect(settings["TOLLGATE_SMTP_URL"]?.string == "smtp://relay.example:587")
    #expect(settings["TOLLGATE_SMTP_PASSWORD"]?.string == "(set)")
    #expect(settings["TOLLGATE_LANES"]?.string == "7")
    #expect(settings["TOLLGATE_QUEUE_LIMIT"]?.string == "10000")
    #expect(settings["TOLLGATE_JWT_JWKS"]?.string == "https://keys.example/set?…")
    #expect(settings["TOLLGATE_CA_FILE"]?.string == "(not set)")
    #expect(settings["TOLLGATE_JWT_ISSUER"]?.string == "https://issuer.example")
    let text = try await Program.run(["config"], environment: environment)
    #expect(text.output.contains("TOLLGATE_LANES=7\n"))
    for outcome in [json, text] {
      #expect(!(outcome.output + outcome.complaints).contains("hunter2"))
      #expect(!(outcome.output + outcome.complaints).contains("topsecret"))
    }
  }

  @Test("config shows an address as it would be given")
  func listenAddress() async throws {
    for address in ["[::1]:99", "0.0.0.0:80"] {
      let outcome = try await Program.run(["config"], environment: ["TOLLGATE_LISTEN": address])
      #expect(outcome.output.contains("TOLLGATE_LISTEN=\(address)\n"))
    }
  }

  @Test("a secret is read from the first line of a file, and an unreadable or empty file is reported")
  func files() async throws {
    let folder = try ScratchFolder()
    let secret = String(repeating: "s", count: 40)
    let good = try folder.write("good", "\(secret)\nmore\n")
    let empty = try folder.write("empty", "\n")
    let outcome = try await Program.run(
      ["token", "mint", "--service"], environment: ["TOLLGATE_JWT_SECRET_FILE": good])
    #expect(outcome.status == 0)
    for path in [empty, good + "-absent"] {
      let refused = try await Program.run(["config"], environment: ["TOLLGATE_JWT_SECRET_FILE": path])
      #expect(refused.status == 1)
      #expect(refused.complaints.contains("TOLLGATE_JWT_SECRET_FILE"))
    }
  }

  @Test("serve and token mint need a secret, or serve a key set")
  func noSecret() async throws {
    for arguments in [["serve"], ["token", "mint", "--service"]] {
      let outcome = try await Program.run(arguments)
      #expect(outcome.status == 1)
      #expect(outcome.complaints.contains("TOLLGATE_JWT_SECRET"))
      #expect(outcome.output.isEmpty)
    }
  }

  @Test("serve does not start with a file that is no key set, and says what to do")
  func noKeySet() async throws {
    let folder = try ScratchFolder()
    for path in [try folder.write("keys.json", "{}"), folder.path + "/absent"] {
      let outcome = try await Program.run(["serve"], environment: ["TOLLGATE_JWT_JWKS": path])
      #expect(outcome.status == 1)
      #expect(outcome.complaints.contains("tollgate: TOLLGATE_JWT_JWKS names no key set."))
      #expect(!outcome.complaints.contains(path))
    }
  }
}
