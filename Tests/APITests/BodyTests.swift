import JSON
import Testbed
import Testing

/// What both spending routes demand of a body, whatever is in it.
@Suite("request bodies")
struct BodyTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }

  init() async throws { served = try await .shared() }

  @Test(
    "what is not strict JSON is 400",
    arguments: [
      "", " ", "null", "[]", "1", #""a""#, "{", "{BODY", "{BODY}}", "{BODY} x", "{BODY}{BODY}", "{BODY,}", "{,BODY}",
      #"{BODY,"featureUsed":"generate_goal"}"#, #"{BODY,"feature\u0055sed":"generate_goal"}"#, "{BODY} // end",
      #"{BODY,'a':1}"#, #"{BODY,"a":NaN}"#, #"{BODY,"a":01}"#, #"{BODY,"a":+1}"#, #"{BODY,"a":"\u0000"}"#,
      #"{BODY,"a":"\uD800"}"#, "{BODY,\"a\":\"\n\"}", "{BODY}\u{0}", "\u{FEFF}{BODY}",
      #"{BODY,"a":DEEP}"#,
    ])
  func notStrict(body: String) async throws {
    let tenant = try await served.makeTenant()
    let members = #""organizationId":"\#(tenant.organizationID)","featureUsed":"generate_goal""#
    let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    let text = body.replacing("BODY", with: members).replacing("DEEP", with: deep)
    for path in [Path.checkBalance, Path.deduct] {
      let answer = try await server.call("POST", path, token: tenant.token, body: text)
      #expect(answer.status == 400, "\(path)")
      #expect(try answer.json()["code"]?.string == "invalid_request")
    }
  }

  @Test("bytes that are not UTF-8 are 400")
  func encodings() async throws {
    let tenant = try await served.makeTenant()
    let text = tenant.asking("generate_goal")
    let sixteen = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let bodies: [[UInt8]] = [
      [0xEF, 0xBB, 0xBF] + text.utf8, sixteen, [0xFF, 0xFE] + sixteen, Array(text.utf8) + [0xFF],
      Array(#"{"a":""#.utf8) + [0xC3] + Array(#""}"#.utf8), Array(#"{"a":""#.utf8) + [0xC0, 0xAF] + Array(#""}"#.utf8),
    ]
    for bytes in bodies {
      for path in [Path.checkBalance, Path.deduct] {
        #expect(try await server.call("POST", path, token: tenant.token, bytes: bytes).status == 400)
      }
    }
  }

  @Test(
    "a body without Content-Type: application/json is 415",
    arguments: [
      nil, "", "text/plain", "application/jsonp", "application/json; charset=latin1", "application/json, text/plain",
      "application/problem+json", "multipart/form-data",
    ])
  func wrongType(type: String?) async throws {
    let tenant = try await served.makeTenant()
    for path in [Path.checkBalance, Path.deduct] {
      let answer = try await server.call(
        "POST", path, token: tenant.token, contentType: type, body: tenant.asking("generate_goal"))
      #expect(answer.status == 415, "\(path)")
      #expect(try answer.json()["code"]?.string == "unsupported_media_type")
    }
  }

  @Test(
    "the media type may be spelled in any case, and name UTF-8",
    arguments: ["Application/JSON", "application/json; charset=utf-8", "application/json;charset=\"UTF-8\""])
  func rightType(type: String) async throws {
    let tenant = try await served.makeTenant()
    let answer = try await server.call(
      "POST", Path.checkBalance, token: tenant.token, contentType: type, body: tenant.asking("generate_goal"))
    #expect(answer.status == 200)
  }

  @Test("64 KiB are taken, and one byte more is 413")
  func size() async throws {
    let tenant = try await served.makeTenant()
    let start = tenant.asking("generate_goal").dropLast() + #","padding":""#
    func body(_ byteCount: Int) -> String {
      start + String(repeating: "p", count: byteCount - start.utf8.count - 2) + #""}"#
    }
    #expect(try await server.call("POST", Path.checkBalance, token: tenant.token, body: body(65_536)).status == 200)
    for path in [Path.checkBalance, Path.deduct] {
      let answer = try await server.call("POST", path, token: tenant.token, body: body(65_537))
      #expect(answer.status == 413)
      #expect(try answer.json()["code"]?.string == "payload_too_large")
    }
  }

  @Test("a compressed body is 415")
  func compressed() async throws {
    let tenant = try await served.makeTenant()
    let answer = try await server.call(
      "POST", Path.deduct, token: tenant.token, headers: [("Content-Encoding", "gzip")], body: "{}")
    #expect(answer.status == 415)
  }
}
