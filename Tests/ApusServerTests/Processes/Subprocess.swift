// Subprocess: another program run to its end, or held while a test talks to it.

import Foundation

/// A program with its output read whole.
final class Subprocess {
  private let process = Process()
  private let output = Pipe()
  private let ended = DispatchSemaphore(value: 0)
  /// What it has written so far, as far as it was listened to.
  private(set) var said = ""

  /// Starts at once. `arguments[0]` is a path, or a name that PATH finds.
  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment
      .filter { !$0.key.lowercased().hasSuffix("_proxy") }
      .merging(environment) { $1 }
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    process.terminationHandler = { [ended] _ in ended.signal() }
    try process.run()
  }

  var identifier: Int32 { process.processIdentifier }

  /// Reads until it has written `text`; false if it ends before.
  func listen(for text: String) -> Bool {
    while !said.contains(text) {
      let data = output.fileHandleForReading.availableData
      if data.isEmpty { return false }
      said += String(decoding: data, as: UTF8.self)
    }
    return true
  }

  /// The port in the line in which `apus serve` says that it serves; nil if it ends before.
  func announcedPort() -> UInt16? {
    guard listen(for: "port="), listen(for: "ready-in="), let range = said.range(of: "port=") else {
      return nil
    }
    return UInt16(said[range.upperBound...].prefix { $0.isNumber })
  }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Waits for the end; answers the exit code (negated signal if it died of one) and all that was written.
  func end() -> (code: Int32, output: String) {
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    // Not `waitUntilExit`: it leaves 32 bytes behind each time, which LeakSanitizer reports.
    ended.wait()
    let code = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return (code, String(decoding: bytes, as: UTF8.self))
  }

  /// Runs to the end.
  static func run(_ arguments: [String]) throws -> (code: Int32, output: String) {
    try Subprocess(arguments).end()
  }

  /// True if PATH has the program.
  static func exists(_ name: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
  }

  /// A product of this package, which is built into the directory of the tests.
  static func product(_ name: String) throws -> String {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path
  }
}
