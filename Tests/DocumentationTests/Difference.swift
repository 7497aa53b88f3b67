import Foundation

/// Two texts line by line, for people: "-" is only in the first, "+" only in the second.
enum Difference {
  static func of(_ shown: String, _ came: String) -> String {
    let before = shown.components(separatedBy: "\n")
    let after = came.components(separatedBy: "\n")
    let difference = after.difference(from: before)
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var lines: [String] = []
    var (old, new) = (0, 0)
    while old < before.count || new < after.count {
      if old < before.count, removed.contains(old) {
        lines.append("- " + before[old])
        old += 1
      } else if new < after.count, inserted.contains(new) {
        lines.append("+ " + after[new])
        new += 1
      } else if old < before.count {
        lines.append("  " + before[old])
        (old, new) = (old + 1, new + 1)
      } else {
        break
      }
    }
    return lines.joined(separator: "\n")
  }
}
