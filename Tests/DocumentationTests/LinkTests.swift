import Testing

@Suite("Links of the documentation")
struct LinkTests {
  @Test("every link to a file, and to a place in it, leads there")
  func links() throws {
    let pages =
      try Tree.pages() + Tree.referencePages() + Tree.decisions() + ["CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"]
    for path in pages {
      for target in try Links.broken(in: Page.read(path)) { Issue.record("\(path): \(target) is not there") }
    }
  }

  @Test("a link to a file or place that is not there is found")
  func broken() throws {
    let page = try Page(
      path: "docs/name.md",
      text: "# A place, of sorts\n[a](nothing.md) [b](#a-place-of-sorts) [c](#nowhere) [d](errors.md#in-sql)")
    #expect(try Links.broken(in: page) == ["nothing.md", "#nowhere"])
  }
}
