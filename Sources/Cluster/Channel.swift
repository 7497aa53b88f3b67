import Glibc

/// A connected pair of descriptors, one for this process and one for a program it starts.
///
/// A socket pair and not a pipe, because it can be made close-on-exec in one step: a program that another thread starts
/// at the same moment must not get a copy, or the end of this process would not be noticed.
enum Channel {
  static func make() throws(ClusterError) -> (ours: Int32, theirs: Int32) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw ClusterError("Could not make a socket pair (\(lastSystemError())): raise the limit of open files.")
    }
    return (ends[0], ends[1])
  }
}
