import HTTP
import JSON
import Testing

@testable import tollgate

/// The limits of a server whose settings say nothing about them, each as the number that was promised. That they are
/// kept is shown where each of them is: by GreedTests, LimitTests, GateTests and HostileInputTests.
@Suite("Limits unless told otherwise")
struct DefaultLimitsTests {
  private static func settings() throws -> Settings {
    try SettingsReader.read(environment: ["TOLLGATE_JWT_SECRET": String(repeating: "s", count: 32)])
  }

  @Test("a request has its time and its size, and a connection its requests")
  func requests() throws {
    let limits = try Self.settings().serverConfiguration
    #expect(limits.headerBlockLimitBytes == 16_384)
    #expect(limits.headerCountLimit == 64)
    #expect(limits.headerTimeoutSeconds == 10)
    #expect(limits.bodyBytesPerSecondMinimum == 1_024)
    #expect(limits.writeTimeoutSeconds == 10)
    #expect(limits.idleTimeoutSeconds == 60)
    #expect(limits.requestsPerConnectionLimit == 1_000)
    #expect(limits.maximumBodyBytes == 134_217_728)
  }

  @Test("connections have an end in all and of each address, and leave descriptors to others")
  func connections() throws {
    let limits = try Self.settings().serverConfiguration
    #expect(limits.maximumConnections == 12_000)
    #expect(limits.maximumConnectionsPerAddress == 2_000)
    #expect(limits.descriptorsForOthers == 128 + 4 * 2)
    #expect(limits.crossOrigin == nil)
    #expect(try Self.settings().trustedProxies == [])
  }

  @Test("it listens on this machine only, and queues and stops within bounds")
  func serving() throws {
    let settings = try Self.settings()
    #expect(settings.serverConfiguration.host == "127.0.0.1")
    #expect(settings.serverConfiguration.port == 8_080)
    #expect(settings.laneCount == 2)
    #expect(settings.queueLimit == 10_000)
    #expect(settings.shutdownSeconds == 30)
    #expect(settings.egressAllowed == [])
  }

  @Test("JSON nests 64 deep and no deeper")
  func depth() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    _ = try parseJSON(nested(64))
    #expect(throws: JSONError.self) { try parseJSON(nested(65)) }
  }

  @Test("a secret of fewer than 32 bytes is refused", arguments: [1, 31])
  func secrets(byteCount: Int) {
    #expect(throws: SettingsError.self) {
      try SettingsReader.read(environment: ["TOLLGATE_JWT_SECRET": String(repeating: "s", count: byteCount)])
    }
  }
}
