import JSON
import Testbed
import Testing

@testable import API

@Suite("hostile input") struct HostileInputTests {
  @Test(
    "every case gets the answer it should and moves what that says, and nobody else notices",
    arguments: try CaseFile.all.get())
  func file(_ file: CaseFile) async throws {
    let surroundings = try await Surroundings(Surroundings.served())
    var holdings = try await surroundings.holdings
    let holdingsOfOther = try await surroundings.holdingsOfOther
    for (count, hostileCase) in file.cases.enumerated() {
      let conversation = Conversation(
        hostileCase: hostileCase, vocabulary: surroundings.vocabulary, port: surroundings.served.server.port)
      var faults = try await conversation.faults()
      faults += try await surroundings.faultsForBystander(after: count)
      for expectation in hostileCase.expectations {
        holdings.balance -= expectation.spends
        holdings.reserved += expectation.holds
      }
      let now = try await surroundings.holdings
      if now != holdings { faults.append("\(now) where \(holdings) should be") }
      // The cases that follow are judged by themselves.
      holdings = now
      if try await surroundings.holdingsOfOther != holdingsOfOther { faults.append("another tenant's tokens moved") }
      #expect(faults == [], "\(hostileCase)")
    }
    #expect(try await surroundings.served.violations() == [])
  }

  @Test("there are more than 2000 cases, and each has a name of its own")
  func count() throws {
    let names = try CaseFile.all.get().flatMap { file in file.cases.map { "\(file.name) \($0.name)" } }
    #expect(names.count > 2_000)
    #expect(Set(names).count == names.count)
  }

  @Test("every route has at least five cases")
  func routes() throws {
    let lines = try CaseFile.all.get().flatMap(\.cases).map(\.requestLine)
    let paths = try #require(try parseJSON(Array(APIDescription.text.utf8))["paths"])
    for path in paths.names {
      for method in paths[path]?.names ?? [] {
        let count = lines.count { Self.isRequest($0, for: method.uppercased(), path) }
        #expect(count >= 5, "\(method) \(path) has \(count)")
      }
    }
  }

  private static func isRequest(_ line: String, for method: String, _ path: String) -> Bool {
    let words = line.split(separator: " ")
    guard words.count >= 2, words[0] == method else { return false }
    let asked = words[1].prefix { $0 != "?" }.split(separator: "/")
    let pattern = path.split(separator: "/")
    return asked.count == pattern.count && zip(asked, pattern).allSatisfy { $0 == $1 || $1.hasPrefix("{") }
  }

  @Test(
    "a file that cannot be understood is an error, and no case is passed over",
    arguments: [
      "name\nGET /", "name\n= 200", "name\nGET /\n= ok", "name\nGET /\n? 1", "name\nGET / as anybody\n= 200",
      "name\n> GET / HTTP/1.1\n>\n| {}\n= 200", "name\nGET /\n= 200 spends", "name\nwhat is this\n= 200",
    ])
  func malformed(text: String) throws {
    #expect(throws: CaseFile.Malformed.self) { try CaseFile(name: "a", text: text) }
  }

  @Test("words in double angle brackets are replaced, and unknown ones are an error")
  func vocabulary() throws {
    let vocabulary = Vocabulary(words: ["id": "ab-c"])
    func text(_ template: String) throws -> String {
      String(decoding: try vocabulary.bytes(of: template), as: UTF8.self)
    }
    #expect(
      try text("<<id>>,<<id in upper case>>,<<id without dashes>>,<<id without its last 2>>") == "ab-c,AB-C,abc,ab")
    #expect(try text("<<0x41>><<CR>><<LF>><<ab*3>><<empty>>") == "A\r\nababab")
    #expect(try text("(<<- until 6>>)<<id without dashes>>") == "(-)abc")
    #expect(throws: Vocabulary.Unknown.self) { try vocabulary.bytes(of: "<<nothing>>") }
  }
}
