import CCrypto
import Glibc

/// Keeps what this process has in memory out of core files, from now on and whatever ends it.
///
/// The limit on their size stops the kernel from writing a file. Where the kernel hands cores to a program instead, that
/// limit means nothing to it: a process that is not dumpable leaves none there either, and other processes of the same
/// user can neither trace it nor read its memory and environment in /proc. And where Swift's runtime would write a
/// backtrace with registers and what they point to, the process ends without a word.
///
/// - Returns: whether all of that was done.
public func forbidCoreDumps() -> Bool {
  // Those that the runtime has handlers for.
  for fault in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(fault, SIG_DFL) }
  var none = rlimit(rlim_cur: 0, rlim_max: 0)
  let isLimited = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0
  return tollgate_forbid_dumps() == 0 && isLimited
}
