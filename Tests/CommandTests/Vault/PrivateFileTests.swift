import Foundation
import Testing
import Vault

@testable import tollgate

@Suite("the vault keys that tollgate dev makes for itself")
struct PrivateFileTests {
  @Test("they are read whatever line's end an editor left behind them, and what are none are complained about")
  func vaultKeys() throws {
    let folder = try ScratchFolder()
    let made = URL(filePath: folder.path + "/made")
    let ids = try PrivateFile.vaultKeys(at: made).ids
    #expect(ids.count == 1 && ids[0].hasPrefix("dev-"))
    #expect(try PrivateFile.vaultKeys(at: made).ids == ids)
    let setting = try VaultKeys.make(id: "mine")
    for end in ["", "\n", "\r\n", " \n\n"] {
      let file = URL(filePath: try folder.write("edited", setting + end))
      #expect(try PrivateFile.vaultKeys(at: file).ids == ["mine"])
    }
    for text in ["mine", setting + ",", "\n"] {
      let file = URL(filePath: try folder.write("spoiled", text))
      #expect(throws: CommandFailure.self) { _ = try PrivateFile.vaultKeys(at: file) }
    }
    // A folder cannot be read as a file.
    #expect(throws: CommandFailure.self) { _ = try PrivateFile.vaultKeys(at: URL(filePath: folder.path)) }
  }
}
