// Subprocess: another program run to its end, or held while a test talks to it.

import Foundation

/// A program, and what it writes. It is killed with the value, if it has not ended by then.
package final class Subprocess {
  private let process: ChildProcess
  /// What is listened to: standard error, and standard output where the two are one.
  private let listened = Pipe()
  /// Standard output, where it is apart.
  private let output: Pipe?
  /// What it has said so far, as far as it was listened to; all of it behind `end`.
  package private(set) var said = ""

  /// Starts at once. `arguments[0]` is a path, or a name that PATH finds, or an option of env(1). No signal
  /// is ignored, whatever the tests were started by. Its standard output is one with its standard error,
  /// as a person sees them, or apart, as a shell's pipe does.
  package init(_ arguments: [String], isOutputApart: Bool = false) throws {
    output = isOutputApart ? Pipe() : nil
    let writing = [output ?? listened, listened].map(\.fileHandleForWriting)
    process = try ChildProcess(
      ["/usr/bin/env", "--default-signal"] + arguments,
      environment: ProcessInfo.processInfo.environment.filter { !$0.key.lowercased().hasSuffix("_proxy") },
      output: writing[0].fileDescriptor, error: writing[1].fileDescriptor)
    // Its end is read when the child alone can write.
    for handle in Set(writing) { try handle.close() }
  }

  /// The built `apus`, as a shell would start it: its output apart.
  /// - Parameter options: env(1)'s, such as `--ignore-signal=HUP`.
  package static func apus(_ arguments: [String], options: [String] = []) throws -> Subprocess {
    try Subprocess(options + [try product("apus")] + arguments, isOutputApart: true)
  }

  package var identifier: Int32 { process.identifier }

  /// Reads until it has said `text` so often; false if it ends before.
  package func listen(for text: String, times: Int = 1) -> Bool {
    while said.ranges(of: text).count < times {
      let data = listened.fileHandleForReading.availableData
      if data.isEmpty { return false }
      said += String(decoding: data, as: UTF8.self)
    }
    return true
  }

  /// The port in the line in which `apus serve` says that it serves; nil if it ends before.
  package func announcedPort() -> UInt16? {
    guard listen(for: "port="), listen(for: "ready-in="), let range = said.range(of: "port=") else {
      return nil
    }
    return UInt16(said[range.upperBound...].prefix { $0.isNumber })
  }

  package func signal(_ number: Int32) { process.signal(number) }

  /// Waits for the end. The result is the exit code (the negated signal, if one ended it) and all of its
  /// standard output, with its standard error where the two are one.
  package func end() -> (code: Int32, output: String) {
    let apart = output?.fileHandleForReading.readDataToEndOfFile()
    said += String(decoding: listened.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let code = process.wait()
    return (code, apart.map { String(decoding: $0, as: UTF8.self) } ?? said)
  }

  /// Runs to the end.
  package static func run(_ arguments: [String]) throws -> (code: Int32, output: String) {
    try Subprocess(arguments).end()
  }

  /// True if PATH has the program.
  package static func exists(_ name: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
  }

  /// A product of this package, which is built into the directory of the tests.
  package static func product(_ name: String) throws -> String {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path
  }
}
