import Foundation
import Glibc
import Testing

@testable import Cluster

@Suite("Where a cluster keeps its data")
struct PlacementTests {
  @Test("below a folder that PostgreSQL's user cannot enter, the data goes elsewhere and is found again")
  func untraversableFolder() async throws {
    try await onOwnThread {
      let elsewhere = try ScratchFolder()
      let folder = try ScratchFolder(mode: 0o700)
      let directory = folder.url.appending(path: "project/.tollgate")
      func make() -> PrivateCluster {
        PrivateCluster(directory: directory, settings: [:], fallback: elsewhere.url.appending(path: "fallback").path())
      }
      let cluster = make()
      try cluster.start()
      #expect(try Program.answer(cluster.administratorURL, "CREATE TABLE kept ()").isEmpty)
      try cluster.stop()
      let names = try folder.names(in: "project/.tollgate")
      if geteuid() == 0 {
        #expect(!names.contains("data"))
        #expect(names.contains("data-location"))
        #expect(try elsewhere.names(in: "fallback").count == 1)
      } else {
        #expect(names.contains("data"))
      }
      let again = make()
      try again.start()
      #expect(try Program.answer(again.administratorURL, "SELECT count(*) FROM kept") == "0")
      try again.stop()
    }
  }

  @Test("a path too long for a unix socket gets its socket in a short one, removed at the stop")
  func longPath() async throws {
    try await onOwnThread {
      let folder = try ScratchFolder()
      let directory = folder.url.appending(path: String(repeating: "long", count: 30))
      let cluster = PrivateCluster(directory: directory)
      try cluster.start()
      let socket = cluster.socketDirectory
      #expect(socket.hasPrefix("/tmp/tollgate-"))
      let host = socket.replacing("/", with: "%2F")
      let password = try String(contentsOf: directory.appending(path: "password"), encoding: .utf8).dropLast()
      let url = "postgresql://postgres:\(password)@\(host):\(cluster.port)/postgres"
      #expect(try Program.answer(url, "SELECT 1") == "1")
      try cluster.stop()
      #expect(access(socket, F_OK) != 0)
    }
  }

  @Test("the server never runs as root")
  func neverRoot() async throws {
    try await onOwnThread {
      let cluster = try PrivateCluster.throwAway()
      let processID = try #require(cluster.postmasterProcessID)
      var status = stat()
      #expect(stat("/proc/\(processID)", &status) == 0)
      #expect(status.st_uid != 0)
      cluster.remove()
    }
  }
}
