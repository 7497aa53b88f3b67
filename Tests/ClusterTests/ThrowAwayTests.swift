import Foundation
import Glibc
import Testing

@testable import Cluster

@Suite("A throw-away cluster")
struct ThrowAwayTests {
  private func directory(of cluster: PrivateCluster) -> String {
    (cluster.socketDirectory as NSString).deletingLastPathComponent
  }

  @Test("nothing is left of it after its removal, neither process nor folder")
  func removal() async throws {
    try await onOwnThread {
      let cluster = try PrivateCluster.throwAway()
      let directory = directory(of: cluster)
      let processID = try #require(cluster.postmasterProcessID)
      #expect(access(directory + "/data/PG_VERSION", F_OK) == 0)
      cluster.remove()
      #expect(access(directory, F_OK) != 0)
      // ESRCH, or a zombie of ours that is collected here.
      #expect(kill(processID, 0) != 0 || waitpid(processID, nil, 0) == processID)
    }
  }

  @Test("its server and folder do not outlive a killed owner", arguments: [SIGKILL, SIGTERM, SIGINT])
  func killedOwner(signal: Int32) async throws {
    try await onOwnThread {
      let owner = try Owner()
      let (processID, directory, url) = try owner.cluster()
      let data = directory + "/data"
      #expect(try Program.answer(url, "SELECT 1") == "1")
      #expect(Postmaster.running(in: data)?.processID == processID)
      owner.end(signal)
      #expect(Wait.until(timeoutSeconds: 90) { kill(processID, 0) != 0 && access(directory, F_OK) != 0 })
    }
  }

  @Test("an owner killed while the cluster is being made leaves nothing")
  func killedDuringInitdb() async throws {
    try await onOwnThread {
      let owner = try Owner()
      var directory: String?
      #expect(
        Wait.until(timeoutSeconds: 90) {
          directory = owner.guardedFolder()
          return directory.map { hasPartialData($0) } ?? false
        })
      let folder = try #require(directory)
      owner.end(SIGKILL)
      #expect(Wait.until(timeoutSeconds: 90) { access(folder, F_OK) != 0 && !isNamedByAnyProcess(folder) })
    }
  }

  private func hasPartialData(_ directory: String) -> Bool {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.contains { $0.hasPrefix("data.partial-") }
  }

  /// Whether initdb, a server or the watchdog of that folder still runs.
  private func isNamedByAnyProcess(_ directory: String) -> Bool {
    Owner.processes().contains { SmallFile.read("/proc/\($0)/cmdline")?.contains(directory) == true }
  }
}
