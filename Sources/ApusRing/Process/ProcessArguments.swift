// ProcessArguments: what a program was started with, as its own memory has it. Swift's `CommandLine` reads
// /proc, and has nothing where there is none.

internal import CApusLinux

package enum ProcessArguments {
  /// All of them, the program's name first; bytes that are not UTF-8 become U+FFFD.
  package static var all: [String] {
    // Safety: argv holds so many strings that end in NUL, and lives as long as the process.
    (0..<Int(apus_argument_count())).map { unsafe String(cString: apus_arguments()[$0]!) }
  }
}
