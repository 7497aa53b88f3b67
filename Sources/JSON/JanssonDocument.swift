import CJansson

/// A text parsed by jansson, and the owner of what jansson allocated for it.
struct JanssonDocument: ~Copyable {
  private let root: UnsafeMutablePointer<json_t>

  /// Parses a text that is not empty, has no NUL bytes and no deep nesting.
  init(_ bytes: [UInt8], allowingNUL: Bool) throws(JSONError) {
    var error = json_error_t()
    let flags = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | (allowingNUL ? JSON_ALLOW_NUL : 0))
    let parsed = bytes.withUnsafeBytes { buffer in
      json_loadb(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, flags, &error)
    }
    guard let parsed else {
      let code = tollgate_json_error_code(&error)
      throw JSONError(Self.sentence(for: code), at: min(max(Int(error.position), 0), bytes.count))
    }
    root = parsed
  }

  deinit {
    tollgate_json_release(root)
  }

  /// A copy of everything as Swift values; no pointer leaves this type.
  func value() -> JSONValue {
    Self.value(root)
  }

  /// Recursive, over values whose depth was limited before they were parsed.
  private static func value(_ element: UnsafeMutablePointer<json_t>) -> JSONValue {
    switch tollgate_json_type(element) {
    case JSON_OBJECT: .object(object(element))
    case JSON_ARRAY: .array(array(element))
    case JSON_STRING: .string(string(element))
    case JSON_INTEGER: .integer(Int64(json_integer_value(element)))
    case JSON_REAL: .real(json_real_value(element))
    case JSON_TRUE: .boolean(true)
    case JSON_FALSE: .boolean(false)
    default: .null
    }
  }

  private static func object(_ element: UnsafeMutablePointer<json_t>) -> JSONObject {
    var members: [JSONObject.Member] = []
    members.reserveCapacity(json_object_size(element))
    // jansson iterates in the order of insertion, and refused duplicates while parsing.
    var iterator = json_object_iter(element)
    while let position = iterator {
      if let name = json_object_iter_key(position), let value = json_object_iter_value(position) {
        members.append(JSONObject.Member(name: String(cString: name), value: Self.value(value)))
      }
      iterator = json_object_iter_next(element, position)
    }
    return JSONObject(uniqueMembers: members)
  }

  private static func array(_ element: UnsafeMutablePointer<json_t>) -> [JSONValue] {
    let count = json_array_size(element)
    var values: [JSONValue] = []
    values.reserveCapacity(count)
    for index in 0..<count {
      if let value = json_array_get(element, index) { values.append(Self.value(value)) }
    }
    return values
  }

  private static func string(_ element: UnsafeMutablePointer<json_t>) -> String {
    guard let start = json_string_value(element) else { return "" }
    let text = UnsafeRawBufferPointer(start: start, count: json_string_length(element))
    return String(decoding: text, as: UTF8.self)
  }

  /// Our own sentences, because jansson's quote the text.
  private static func sentence(for code: json_error_code) -> String {
    switch code {
    case json_error_invalid_utf8: "The text is not valid UTF-8."
    case json_error_premature_end_of_input: "The text ends before its JSON value does."
    case json_error_end_of_input_expected: "There is text after the JSON value."
    case json_error_null_character, json_error_null_byte_in_key: "A string contains the character NUL."
    case json_error_duplicate_key: "An object has two members of the same name."
    case json_error_numeric_overflow: "A number is too large."
    case json_error_stack_overflow: "The text nests too deep."
    case json_error_out_of_memory: "There is not enough memory to read the text."
    default: "The text is not valid JSON."
    }
  }
}
