import FuzzTargets
import Glibc

/// libFuzzer's own entry point, so that this program's `main` chooses the target (llvm.org/docs/LibFuzzer.html, "Using
/// libFuzzer as a library").
@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
  _ argumentCount: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ examine: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// usage: fuzz TARGET [libFuzzer's arguments]
enum Chosen {
  static let target = FuzzTarget.all.first { $0.name == CommandLine.arguments.dropFirst().first }
}

func say(_ text: String) {
  let line = Array("fuzz: \(text)\n".utf8)
  _ = write(STDERR_FILENO, line, line.count)
}

guard Chosen.target != nil else {
  say("the target is one of \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
  exit(2)
}
var argumentCount = CommandLine.argc - 1
var arguments = CommandLine.unsafeArgv + 1
exit(
  runFuzzer(&argumentCount, &arguments) { bytes, count in
    do {
      try Chosen.target?.examine(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
      // libFuzzer keeps the input of a program that aborts.
      say("\(error)")
      abort()
    }
    return 0
  })
