// ChildProcess: another program, started with posix_spawn(3) and waited for. Foundation's Process is not
// used: it holds itself and its environment in memory until the tests end, which LeakSanitizer reports.

import Glibc

/// A child of this process. It must be waited for once, or its number is never free again.
final class ChildProcess {
  struct SpawnError: Error { let errno: Int32 }

  let identifier: pid_t
  /// nil until it has been waited for.
  private var status: Int32?

  /// Starts `arguments[0]`, which is a path. Its standard input is /dev/null; it has no other descriptor than
  /// the three standard ones, it leads a process group, and no signal is blocked in it.
  init(
    _ arguments: [String], environment: [String: String], output: Int32, error: Int32
  ) throws(SpawnError) {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO)
    Self.addCloseFrom(&actions, STDERR_FILENO + 1)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

    let words = Self.copies(arguments)
    let variables = Self.copies(environment.map { "\($0)=\($1)" })
    defer {
      for word in words + variables { free(word) }
    }
    var child: pid_t = 0
    let failure = posix_spawn(&child, arguments[0], &actions, &attributes, words, variables)
    guard failure == 0 else { throw SpawnError(errno: failure) }
    identifier = child
  }

  private typealias AddCloseFrom =
    @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32

  /// Closes every descriptor from a number on in the child. Swift's module of Glibc does not declare it.
  private static func addCloseFrom(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ from: Int32)
  {
    let name = "posix_spawn_file_actions_addclosefrom_np"
    guard let symbol = dlsym(nil, name) else { preconditionFailure("glibc before 2.34 has no \(name)") }
    // The type is the one that spawn.h declares.
    let function = unsafeBitCast(symbol, to: AddCloseFrom.self)
    _ = function(actions, from)
  }

  /// Copies that end with nil, as exec(3) asks for.
  private static func copies(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
    texts.map { strdup($0) } + [nil]
  }

  deinit {
    guard status == nil else { return }
    kill(identifier, SIGKILL)
    _ = wait()
  }

  /// Waits for its end; the exit code, or the negated signal that ended it.
  func wait() -> Int32 {
    let status = status ?? reaped()
    self.status = status
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : -signal
  }

  private func reaped() -> Int32 {
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0 {
      precondition(errno == EINTR, "waitpid(\(identifier)): errno \(errno)")
    }
    return status
  }

  /// Does nothing once it has been waited for: the number may be another process's by then.
  func signal(_ number: Int32) {
    if status == nil { kill(identifier, number) }
  }
}
