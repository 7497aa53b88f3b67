import Foundation
import Glibc

@testable import Cluster

/// Debian's chromedriver, which speaks WebDriver and starts the browser. It ends with the test process, however that ends.
final class BrowserDriver: Sendable {
  struct Failure: Error, CustomStringConvertible { let description: String }

  let port: UInt16
  /// The driver's shell waits for the end of this.
  private let leash: Int32

  /// Starts it in a session of its own. Blocks until it listens.
  init() throws {
    let (input, output) = (try Channel.make(), try Channel.make())
    defer {
      close(input.theirs)
      close(output.theirs)
      close(output.ours)
    }
    _ = try ChildProcess.start(
      ["/bin/sh", "-c", Self.script], placement: .ownSession, standardInput: input.theirs, output: output.theirs)
    leash = input.ours
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = read(output.ours, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      text += String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
      if let match = text.firstMatch(of: /started successfully on port (\d+)/), let port = UInt16(match.output.1) {
        self.port = port
        return
      }
      guard count > 0 else {
        throw Failure(description: "chromedriver did not start: install chromium and chromium-driver. \(text)")
      }
    }
  }

  /// The browser is in the driver's group, and its profile in a folder that goes with them. What they say goes there, too:
  /// nobody could read it without end.
  private static let script = """
    TMPDIR=$(mktemp -d) || exit 1
    export TMPDIR HOME="$TMPDIR"
    setsid chromedriver --port=0 >"$TMPDIR/log" 2>&1 &
    driver=$!
    until grep 'started successfully on port' "$TMPDIR/log"; do
      kill -0 $driver || { cat "$TMPDIR/log"; break; }
      sleep 0.1
    done
    read -r _
    kill -KILL -$driver
    rm -rf "$TMPDIR"
    """
}
