// The article "When the compiler says no": swiftc is given each block that it shows, and says what is quoted
// behind it. Two run at once; each takes a fraction of a second.

import ApusTestSupport
import Foundation
import Testing

@Suite(.elsewhere) struct RefusedCodeTests {
  /// A block, and what is quoted behind it.
  private struct Refusal: Sendable {
    let code: String
    let message: String
  }

  /// Whose words are quoted.
  private static let version = "6.3.1"

  private static func article() throws -> [Refusal] {
    let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Sources/Apus/Apus.docc/WhenTheCompilerSaysNo.md")
    var refusals: [Refusal] = []
    var block: String?
    var isInside = false
    let text = try String(contentsOf: url, encoding: .utf8)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "```swift refused" || line == "```swift crashes" {
        #expect(block == nil, "a block without a message")
        block = ""
        isInside = true
      } else if line.hasPrefix("```") {
        isInside = false
      } else if isInside {
        block? += line + "\n"
      } else if line.hasPrefix("> `"), let refused = block {
        let message = String(line.dropFirst(3).prefix { $0 != "`" })
        refusals.append(Refusal(code: refused, message: message))
        block = nil
      }
    }
    return refusals
  }

  /// A block that begins with its file's name is that file; others stand in a function that has a router.
  private static func program(_ code: String) -> (name: String, text: String) {
    if code.hasPrefix("// ") { return (String(code.dropFirst(3).prefix { !",\n".contains($0) }), code) }
    let beginning = "import Apus\n\nfunc routes() async throws {\n  var router = Router()\n"
    return ("Routes.swift", beginning + code + "}\n")
  }

  /// Writes a block to a directory of its own; the file's path.
  private static func write(_ refusal: Refusal, to tree: TemporaryTree, _ number: Int) -> String {
    let (name, text) = program(refusal.code)
    tree.directory("\(number)")
    tree.file("\(number)/\(name)", text)
    return tree.absolute("\(number)/\(name)")
  }

  /// Options that the first line of a block names.
  private static func options(_ code: String) -> [String] {
    let line = code.prefix { $0 != "\n" }
    guard let range = line.firstRange(of: "compiled with ") else { return [] }
    return line[range.upperBound...].split(separator: " ").map(String.init)
  }

  /// What swiftc says of a file.
  private static func compile(_ path: String, _ options: [String]) throws -> String {
    let maps = try moduleMaps().flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] }
    return try Subprocess.run(
      [
        "timeout", "60", "swiftc", "-swift-version", "6", "-emit-sil", "-o", "/dev/null", "-I",
        try Subprocess.product("Modules"),
      ] + maps + options + [path]
    ).output
  }

  /// Of the C modules of this build: ours, and with traits on those of packages, which
  /// lie beside their sources.
  private static func moduleMaps() throws -> [String] {
    let products = try Subprocess.product("")
    let checkouts = URL(fileURLWithPath: products).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "checkouts").path
    let system = "\(checkouts)/swift-system/Sources/CSystem/include/module.modulemap"
    return [try Subprocess.product("CApusLinux.build/module.modulemap")]
      + [system].filter { FileManager.default.fileExists(atPath: $0) }
  }

  /// The first line that is an error, without its place and its group; of a compiler that
  /// crashes, what it asks for.
  private static func message(_ output: String) -> String {
    for line in output.split(separator: "\n") {
      if line.hasPrefix("Please submit a bug report") { return String(line) }
      guard let range = line.range(of: ": error: "), !line.hasPrefix(" ") else { continue }
      let message = line[range.lowerBound...].dropFirst(2)
      return String(message[..<(message.range(of: " [#")?.lowerBound ?? message.endIndex)])
    }
    return ""
  }

  @Test func `swiftc says of each block what is quoted behind it`() async throws {
    guard Subprocess.exists("swiftc") else { try Test.cancel("swiftc is not installed") }
    guard try Subprocess.run(["swiftc", "--version"]).output.contains("Swift version \(Self.version) ") else {
      try Test.cancel("swiftc is not \(Self.version), whose words the article quotes")
    }
    guard FileManager.default.fileExists(atPath: try Subprocess.product("Modules/Apus.swiftmodule")) else {
      try Test.cancel("the modules do not lie beside the tests")
    }
    let refusals = try Self.article()
    #expect(refusals.count > 20)
    let tree = TemporaryTree()
    let files = refusals.enumerated().map { ($1, Self.write($1, to: tree, $0)) }
    await withTaskGroup(of: Void.self) { group in
      for half in 0..<2 {
        group.addTask {
          for (refusal, path) in files.enumerated().filter({ $0.offset % 2 == half }).map(\.element) {
            #expect(throws: Never.self, "\(refusal.code)") {
              let output = try Self.compile(path, Self.options(refusal.code))
              #expect(Self.message(output) == refusal.message, "\(refusal.code)\n\(output.prefix(2000))")
            }
          }
        }
      }
    }
    withExtendedLifetime(tree) {}
  }
}
