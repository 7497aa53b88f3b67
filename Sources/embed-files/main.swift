import Foundation

// usage: embed-files OUTPUT ROOT FILE...
// Writes a Swift file with `let embeddedFiles: [(path: String, text: String)]`, paths relative to ROOT.

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
  FileHandle.standardError.write(Data("usage: embed-files OUTPUT ROOT FILE...\n".utf8))
  exit(2)
}
let root = arguments[2].hasSuffix("/") ? arguments[2] : arguments[2] + "/"

/// A string literal that no content can end: a raw string with more number signs than the text has in a row.
func literal(_ text: String) -> String {
  var fence = "#"
  while text.contains("\"\"\"" + fence) || text.contains("\\" + fence) { fence += "#" }
  return "\(fence)\"\"\"\n\(text)\n\"\"\"\(fence)"
}

do {
  var output = "let embeddedFiles: [(path: String, text: String)] = [\n"
  for file in arguments.dropFirst(3) {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let path = file.hasPrefix(root) ? String(file.dropFirst(root.count)) : file
    output += "(\(literal(path)), \(literal(text))),\n"
  }
  output += "]\n"
  try output.write(toFile: arguments[1], atomically: true, encoding: .utf8)
} catch {
  FileHandle.standardError.write(Data("embed-files: \(error)\n".utf8))
  exit(1)
}
