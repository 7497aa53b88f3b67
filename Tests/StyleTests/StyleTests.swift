import Testing

@Suite("Style")
struct StyleTests {
  @Test("the tree keeps every rule")
  func tree() async throws {
    let files = try await Tree.files()
    #expect(files.contains { $0.path == "Package.swift" })
    #expect(files.contains { $0.path == "Tests/StyleTests/StyleTests.swift" })
    for rule in Rule.all {
      for violation in files.flatMap({ rule.check($0) }) { Issue.record("\(violation)") }
    }
  }

  @Test("a planted violation is found, on its line", arguments: Rule.all)
  func planted(rule: Rule) {
    #expect(!rule.planted.isEmpty)
    for (file, line) in rule.planted {
      #expect(rule.check(file).map(\.line) == [line], "\(file.path): \(file.text)")
    }
  }

  @Test("what only looks like a violation is not blamed", arguments: Rule.all)
  func innocent(rule: Rule) {
    for file in rule.innocent { #expect(rule.check(file) == [], "\(file.text)") }
  }

  @Test("a violation prints file and line first")
  func description() {
    #expect(Violation(path: "Sources/A.swift", line: 3, message: "no").description == "Sources/A.swift:3: no")
  }
}
