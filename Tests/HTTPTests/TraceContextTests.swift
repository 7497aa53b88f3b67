import Testing

@testable import HTTP

@Suite struct TraceContextTests {
  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  private static let parent = "00f067aa0ba902b7"

  private func read(_ text: String) -> TraceContext? {
    Array(text.utf8).withUnsafeBytes { TraceContext($0) }
  }

  @Test(
    "a well-formed traceparent names the trace and the caller's span",
    arguments: ["00-\(trace)-\(parent)-01", "00-\(trace)-\(parent)-00", "01-\(trace)-\(parent)-01-more"])
  func wellFormed(text: String) throws {
    let context = try #require(read(text))
    #expect(context.traceID == Self.trace)
    #expect(context.parentID == Self.parent)
  }

  @Test(
    "anything else is taken for none",
    arguments: [
      "", "00", "00-\(trace)-\(parent)", "00-\(trace)-\(parent)-1", "00-\(trace)-\(parent)-01-more",
      "01-\(trace)-\(parent)-01more", "ff-\(trace)-\(parent)-01", "00-\(trace.uppercased())-\(parent)-01",
      "00-\(String(repeating: "0", count: 32))-\(parent)-01", "00-\(trace)-\(String(repeating: "0", count: 16))-01",
      "00_\(trace)-\(parent)-01", "00-\(trace)g\(parent)-01", "00-\(trace.dropLast())g-\(parent)-01",
    ])
  func malformed(text: String) { #expect(read(text) == nil) }
}
