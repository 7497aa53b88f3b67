import Glibc

/// Ends a throw-away cluster when this process ends, in whatever way.
///
/// A small shell script reads a channel whose other end only this process holds: the kernel closes it even after SIGKILL.
/// (A parent-death signal would not do: it fires when the *thread* that forked ends.) The script leads a process group,
/// and initdb and the postmaster are started into it, so that one that has not yet written its process id is found too.
struct Watchdog: ~Copyable {
  let processID: pid_t
  private let channel: Int32

  /// The script ignores the signals it sends to its own group. The postmaster's children have left the group and stop
  /// with the postmaster; whoever still works in the data directory after eight seconds is killed. The last command
  /// ends the rest of the group, the script included.
  private static let script = """
    trap '' HUP INT QUIT TERM PIPE
    read -r line
    count=0
    while :; do
      kill -QUIT 0
      sleep 0.1
      count=$((count + 1))
      remaining=
      for link in /proc/[0-9]*/cwd; do
        for data in "$1"/data*; do
          if [ "$link" -ef "$data" ]; then
            remaining=yes
            process=${link#/proc/}
            if [ "$count" -gt 80 ]; then kill -KILL "${process%/cwd}"; fi
          fi
        done
      done
      if [ -z "$remaining" ] && [ "$count" -ge 2 ]; then break; fi
      if [ "$count" -ge 160 ]; then break; fi
    done
    rm -rf -- "$1"
    kill -KILL 0
    """

  /// Begins to watch. The directory, an absolute path, is removed at the end.
  static func start(over directory: String) throws(ClusterError) -> Watchdog {
    let ends = try Channel.make()
    defer { close(ends.theirs) }
    do {
      let processID = try ChildProcess.start(
        ["/bin/sh", "-c", script, "tollgate-watchdog", directory], placement: .newGroup, standardInput: ends.theirs)
      return Watchdog(processID: processID, channel: ends.ours)
    } catch {
      close(ends.ours)
      throw error
    }
  }

  private init(processID: pid_t, channel: Int32) {
    self.processID = processID
    self.channel = channel
  }

  deinit { close(channel) }

  /// Blocks until the server is gone and the directory removed.
  consuming func finish() {
    let processID = processID
    release()
    while waitpid(processID, nil, 0) < 0 && errno == EINTR {}
  }

  /// Consuming is what closes the channel: `deinit` runs here.
  private consuming func release() {}
}
