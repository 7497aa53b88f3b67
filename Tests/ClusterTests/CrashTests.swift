import Foundation
import Glibc
import Testing

@testable import Cluster

@Suite("A cluster after a crash")
struct CrashTests {
  @Test("an immediate stop loses no committed row, and the same object starts again on the same port")
  func immediateStop() async throws {
    try await onOwnThread {
      let cluster = try PrivateCluster.throwAway()
      let url = cluster.administratorURL
      #expect(try Program.answer(url, "CREATE TABLE kept (value int); INSERT INTO kept VALUES (7)").isEmpty)
      cluster.stopImmediately()
      #expect(try !Program.psql(url, "SELECT 1").succeeded)
      try cluster.start()
      #expect(cluster.administratorURL == url)
      #expect(try Program.answer(url, "SELECT value FROM kept") == "7")
      cluster.remove()
    }
  }

  @Test("a killed postmaster, whose children live on for a moment, is replaced")
  func killedPostmaster() async throws {
    try await onOwnThread {
      let cluster = try PrivateCluster.throwAway()
      let processID = try #require(cluster.postmasterProcessID)
      #expect(try Program.answer(cluster.administratorURL, "CREATE TABLE kept ()").isEmpty)
      kill(processID, SIGKILL)
      try cluster.start()
      #expect(cluster.postmasterProcessID != processID)
      #expect(try Program.answer(cluster.administratorURL, "SELECT count(*) FROM kept") == "0")
      cluster.remove()
    }
  }

  @Test("a stale postmaster.pid does not stop it, whether its process id is free or another program's")
  func stalePID() async throws {
    try await onOwnThread {
      let cluster = try PrivateCluster.throwAway()
      try cluster.stop()
      let data = (cluster.socketDirectory as NSString).deletingLastPathComponent + "/data"
      // A program of the same user as PostgreSQL: the case PostgreSQL itself refuses.
      let account = try Account.owner(of: data)
      let other = try ChildProcess.start(account.command(["/bin/sleep", "600"]), placement: .ownSession)
      defer {
        kill(other, SIGKILL)
        waitpid(other, nil, 0)
      }
      for processID in [other, 4_194_303] {
        let file = data + "/postmaster.pid"
        try "\(processID)\n\(data)\n1700000000\n\(cluster.port)\n\(data)\n127.0.0.1\n\nready\n"
          .write(toFile: file, atomically: true, encoding: .utf8)
        #expect(chown(file, account.userID, account.groupID) == 0)
        let socketLock = cluster.socketDirectory + "/.s.PGSQL.\(cluster.port).lock"
        try FileManager.default.copyItem(atPath: file, toPath: socketLock)
        #expect(chown(socketLock, account.userID, account.groupID) == 0)
        #expect(Postmaster.recorded(in: data)?.processID == processID)
        try cluster.start()
        #expect(cluster.postmasterProcessID != processID)
        #expect(try Program.answer(cluster.administratorURL, "SELECT 1") == "1")
        try cluster.stop()
      }
      #expect(kill(other, 0) == 0)
      cluster.remove()
    }
  }

  @Test("a first start that died inside initdb is done again, and nothing half-made stays")
  func halfMade() async throws {
    try await onOwnThread {
      let folder = try ScratchFolder()
      let directory = folder.url.appending(path: "cluster")
      let partial = directory.appending(path: "data.partial-earlier/base")
      try FileManager.default.createDirectory(at: partial, withIntermediateDirectories: true)
      try Data("15\n".utf8).write(to: directory.appending(path: "data.partial-earlier/PG_VERSION"))
      try Data("secret\n".utf8).write(to: directory.appending(path: "initdb-password-earlier"))
      // And one that was never ours: no version, but somebody's file. It is kept.
      let data = directory.appending(path: "data")
      try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
      try Data("dear diary".utf8).write(to: data.appending(path: "diary"))
      try #require(chown(data.path(), 65534, 65534) == 0 || geteuid() != 0)

      let cluster = PrivateCluster(directory: directory)
      try cluster.start()
      #expect(try Program.answer(cluster.administratorURL, "SELECT 1") == "1")
      try cluster.stop()
      let names = try folder.names(in: "cluster")
      #expect(!names.contains { $0.contains("partial") || $0.contains("initdb-password") })
      let aside = try #require(names.first { $0.hasPrefix("data.unfinished-") })
      #expect(try folder.names(in: "cluster/" + aside) == ["diary"])
    }
  }

  @Test("data without its password file is refused with a sentence, not overwritten")
  func lostPassword() async throws {
    try await onOwnThread {
      let folder = try ScratchFolder()
      let directory = folder.url.appending(path: "cluster")
      let cluster = PrivateCluster(directory: directory)
      try cluster.start()
      try cluster.stop()
      try FileManager.default.removeItem(at: directory.appending(path: "password"))
      let error = #expect(throws: ClusterError.self) { try cluster.start() }
      #expect(error?.description.contains("password is missing") == true)
    }
  }
}
