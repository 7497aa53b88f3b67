extension String {
  /// Whether somebody who reads it sees anything: one character that is no blank, no control and not invisible.
  public var hasVisibleCharacter: Bool {
    unicodeScalars.contains { scalar in
      let properties = scalar.properties
      return !properties.isWhitespace && !properties.isDefaultIgnorableCodePoint && scalar.isPrintable
    }
  }

  /// Whether it can be shown in a line as it is: no controls, no line breaks, nothing that turns the writing round.
  public var isPrintable: Bool { unicodeScalars.allSatisfy(\.isPrintable) }
}

extension Unicode.Scalar {
  fileprivate var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .unassigned, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}
