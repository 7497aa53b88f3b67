import Cluster
import Foundation
import FuzzTargets
import Testing

@Suite("what the fuzzers kept") struct KeptCorpusTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "corpus")

  @Test("every kept input is dealt with as it should be", arguments: FuzzTarget.all.map(\.name))
  func inputs(name: String) async throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let files = try FileManager.default.contentsOfDirectory(
      at: Self.folder.appending(path: name), includingPropertiesForKeys: nil)
    #expect(!files.isEmpty)
    let faults = try await onOwnThread {
      files.compactMap { file -> String? in
        do {
          try target.examine(Array(Data(contentsOf: file)))
          return nil
        } catch {
          return "\(name)/\(file.lastPathComponent): \(error)"
        }
      }
    }
    #expect(faults == [])
  }

  @Test("every folder of inputs has its target")
  func folders() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path())
    #expect(Set(folders) == Set(FuzzTarget.all.map(\.name)))
  }
}
