import Cluster
import Testing

/// What keeps the other tests from passing for nothing.
@Suite("Examples of the documentation")
struct ExampleTests {
  @Test("an output that is not what the page shows is a difference, on the line of its block")
  func difference() async throws {
    let page = try Page(
      path: "docs/name.md",
      text: """
        ```console
        $ echo '{"id":"0f8fad5b-d9cb-469f-a165-70867728950e","left":16}' | sed s/0f8/0f9/
        {"id":"<uuid MOVED>",
         "left":17}

        $ echo $MOVED
        ```

        ```sql
        SELECT 1 AS one;
        ```

        ```text
         one
        -----
           2
        (1 row)
        ```

        ```sql
        SELECT 1;
        ```

        ```cobol
        STOP RUN.
        ```
        """)
    let problems = try await onOwnThread { try PageRun.run(page, records: false) }
    #expect(problems.count == 5)
    #expect(problems.first?.hasPrefix("docs/name.md:2: not what is shown") == true)
    #expect(
      problems.first?.contains("- {\"id\":\"<uuid MOVED>\",\n-  \"left\":17}\n+ {\"id\":\"<uuid MOVED>\",\"left\":16}")
        == true)
    #expect(problems.dropFirst().first?.contains("+ $MOVED") == true)
    #expect(problems.dropFirst(2).first?.contains("-    2\n+    1") == true)
    #expect(problems.dropFirst(3).first?.contains("a text block behind it has to show what came") == true)
    #expect(problems.last?.contains("nothing runs or checks a block of 'cobol'") == true)
  }

  @Test("a block that is a file is run by a command further down, or is a difference")
  func files() async throws {
    let page = try Page(
      path: "docs/name.md",
      text: """
        <!-- file: sum.py -->
        ```python
        print(20 + 3)
        ```

        ```console
        $ python3 sum.py
        24
        ```

        <!-- file: unused.py -->
        ```python
        print("unused")
        ```
        """)
    let problems = try await onOwnThread { try PageRun.run(page, records: false) }
    #expect(problems.count == 2)
    #expect(problems.first?.contains("- 24\n+ 23") == true)
    #expect(problems.last == "docs/name.md:13: no command further down runs unused.py")
  }

  @Test("a placeholder stands for its own form only")
  func placeholders() {
    let forms: [(Placeholder, String, [String])] = [
      (.uuid, "0f8fad5b-d9cb-469f-a165-70867728950e", ["0f8fad5b-d9cb-469f-a165-7086772895", "null", ""]),
      (.time, "2026-11-21T07:30:04.238115Z", ["2026-11-21", "07:30:04"]),
      (.time, "2026-11-21 07:30:04+00", ["yesterday"]),
      (.date, "2026-11-21", ["21.11.2026"]),
      (.seconds, "48", ["-48", "4.8", ""]),
      (.requestID, "8ed46c663ff004c3-0000000000000003", ["8ed46c663ff004c3"]),
      (
        .key, "tg_live_0351X06twyLXYhJXzBHAMn_0123456789012345678901234567890123456789abcdef",
        ["tg_live_0351X06twyLXYhJXzBHAMn"]
      ),
      (
        .secret, "whsec_" + String(repeating: "a+/9", count: 10) + "abc=",
        ["whsec_YWJj", "whsec_" + String(repeating: "a-_9", count: 10) + "abc="]
      ),
    ]
    for (placeholder, good, bad) in forms {
      let expectation = Expectation("a <\(placeholder.rawValue)> b", values: [:])
      #expect(expectation.matches("a \(good) b") == [:], "\(good)")
      for other in bad { #expect(expectation.matches("a \(other) b") == nil, "\(placeholder): \(other)") }
    }
    #expect(Expectation("<uuid>", values: [:]).matches("<uuid>") == nil)
  }

  @Test("a variable stands for its value only, and a name is taken from its place")
  func values() {
    let expectation = Expectation("$ONE <number TWO>", values: ["ONE": "first"])
    #expect(expectation.matches("first 2") == ["TWO": "2"])
    #expect(expectation.matches("other 2") == nil)
  }

  @Test("long JSON may be wrapped, and nothing else is forgiven")
  func wrapping() {
    let expectation = Expectation("{\"a\":1,\n \"b\":2}", values: [:])
    #expect(expectation.matches("{\"a\":1,\"b\":2}") == [:])
    #expect(expectation.matches("{\"a\":1, \"b\":2}") == [:])
    #expect(expectation.matches("{\"a\":1,\"b\":3}") == nil)
    #expect(Expectation("a\n b", values: [:]).matches("ab") == nil)
    let indented = "{\n  \"a\": {\n    \"b\": 1\n  }\n}"
    #expect(Expectation(indented, values: [:]).matches(indented) == [:])
  }

  @Test("what is recorded fits itself, and keeps names and given identifiers")
  func recording() {
    let output = """
      {"id":"0f8fad5b-d9cb-469f-a165-70867728950e","of":"1f8fad5b-d9cb-469f-a165-70867728950e","at":"2026-11-21T07:30:04Z"}
      """
    let before = "{\"id\":\"<uuid CHARGE>\"}"
    let given = "curl localhost:8080/1f8fad5b-d9cb-469f-a165-70867728950e"
    let came = Generalization(values: [:], given: given, shownBefore: before).apply(to: output)
    #expect(came.contains("{\"id\":\"<uuid CHARGE>\",\"of\":\"1f8fad5b-d9cb-469f-a165-70867728950e\""))
    #expect(came.contains("\"at\":\"<time>\"}"))
    let named = Expectation(came, values: [:]).matches(output)
    #expect(named == ["CHARGE": "0f8fad5b-d9cb-469f-a165-70867728950e"])
  }

  @Test("a command goes on where a quotation mark is open or a backslash ends the line")
  func transcript() {
    let lines = ["$ echo 'a", "$ b' \\", "  | cat", "a", "$ b", ""]
    let transcript = Transcript(lines)
    #expect(
      transcript?.steps == [
        Transcript.Step(command: ["echo 'a", "$ b' \\", "  | cat"], output: ["a"]),
        Transcript.Step(command: ["b"], output: []),
      ])
    #expect(Transcript(["no command"]) == nil)
  }
}
