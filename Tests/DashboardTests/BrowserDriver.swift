import Foundation
import Testbed

/// Debian's chromedriver, which speaks WebDriver and starts the browser. It ends with the test process, however that ends.
final class BrowserDriver: Sendable {
  struct Failure: Error, CustomStringConvertible { let description: String }

  let port: UInt16
  /// The driver's shell waits for the end of this.
  private let leash: Pipe

  /// Starts it in a group of its own. Blocks until it listens.
  init() throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/setsid")
    process.arguments = ["/bin/sh", "-c", Self.script]
    let (leash, output) = (Pipe(), Pipe())
    process.standardInput = leash
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    self.leash = leash
    var text = ""
    while true {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else {
        throw Failure(description: "chromedriver did not start: install chromium and chromium-driver. \(text)")
      }
      text += String(decoding: data, as: UTF8.self)
      if let match = text.firstMatch(of: /started successfully on port (\d+)/), let port = UInt16(match.output.1) {
        self.port = port
        return
      }
    }
  }

  /// The browser's profile goes when the test process does.
  private static let script = """
    TMPDIR=$(mktemp -d) || exit 1
    export TMPDIR
    chromedriver --port=0 --log-level=OFF &
    read -r _
    trap '' TERM
    kill -TERM -- -$$
    wait
    rm -rf "$TMPDIR"
    kill -KILL -- -$$
    """
}
