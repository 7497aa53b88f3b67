extension String {
  /// Whether both are the same UTF-8 bytes.
  ///
  /// `==` on strings is canonical equivalence, under which "é" equals "e" and a combining accent: as member names and
  /// identifiers these are two different values.
  func hasSameBytes(as other: String) -> Bool {
    // Equal bytes are always canonically equal, and `==` has a fast path for ASCII, so it settles most comparisons that
    // the count leaves open.
    utf8.count == other.utf8.count && self == other && utf8.elementsEqual(other.utf8)
  }
}
