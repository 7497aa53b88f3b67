import Glibc

/// Writes a text to a file descriptor, all of it where that is possible.
///
/// A full disk or a reader that has left loses the text and nothing else: whoever logs goes on. `write(2)`, because
/// Foundation's file handles end the process instead.
public func writeWhole(_ text: String, to descriptor: Int32) {
  var text = text
  text.withUTF8 { bytes in
    var rest = UnsafeRawBufferPointer(bytes)
    while let start = rest.baseAddress, !rest.isEmpty {
      let count = write(descriptor, start, rest.count)
      if count < 0 {
        guard errno == EINTR else { return }
        continue
      }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
    }
  }
}
