/// The connections by their descriptors, which are small numbers.
struct SocketTable {
  private var places: [ConnectionState?] = []

  /// Nil for a descriptor that is no connection's.
  subscript(descriptor: Int32) -> ConnectionState? {
    get {
      let place = Int(descriptor)
      return places.indices.contains(place) ? places[place] : nil
    }
    set {
      let place = Int(descriptor)
      guard place >= 0 else { return }
      if place >= places.count { places += Array(repeating: nil, count: place + 1 - places.count) }
      places[place] = newValue
    }
  }
}
