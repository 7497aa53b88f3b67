import Cluster
import Foundation

// A process that owns a throw-away cluster and lives until it is killed: the tests kill it.
// It writes one line: the server's process id, the socket directory, the administrator's URL.

do {
  let cluster = try PrivateCluster.throwAway()
  let line = "\(cluster.postmasterProcessID ?? 0) \(cluster.socketDirectory) \(cluster.administratorURL)\n"
  FileHandle.standardOutput.write(Data(line.utf8))
  _ = FileHandle.standardInput.availableData
  withExtendedLifetime(cluster) {}
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
