import JSON

extension Problem {
  /// A body that is not what its route reads: 400.
  init(_ error: ReadingError) {
    self.init(.invalidRequest, "\(error)")
  }
}
