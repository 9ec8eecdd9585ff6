// The code blocks of README and of the DocC catalogue compile: each stands as a function in DocumentedCode.swift, which is
// made from them and compared with them here. `APUS_UPDATE=1 swift test --filter DocumentedCode` makes it anew.

import ApusTestSupport
import Foundation
import Testing

@Suite struct DocumentedCodeTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  private static let copy = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "DocumentedCode.swift")

  private static var documents: [URL] {
    let catalogue = root.appending(path: "Sources/Apus/Apus.docc")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: catalogue.path)) ?? []
    return [root.appending(path: "README.md")]
      + names.filter { $0.hasSuffix(".md") }.sorted().map { catalogue.appending(path: $0) }
  }

  /// The Swift blocks of a document.
  private static func blocks(_ text: String) -> [[Substring]] {
    var blocks: [[Substring]] = []
    var current: [Substring]?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "```swift" {
        current = []
      } else if line.hasPrefix("```"), let block = current {
        blocks.append(block)
        current = nil
      } else {
        current?.append(line)
      }
    }
    return blocks
  }

  private static func generate() throws -> String {
    var imports: Set<Substring> = []
    var functions = ""
    for document in documents {
      let name = document.deletingPathExtension().lastPathComponent
      for (index, block) in blocks(try String(contentsOf: document, encoding: .utf8)).enumerated() {
        imports.formUnion(block.filter { $0.hasPrefix("import ") })
        functions +=
          "\n/// \(document.lastPathComponent), block \(index + 1).\nfunc \(name)\(index + 1)() async throws {\n"
        var isBehindCode = false
        var calls = ""
        for line in block where !line.hasPrefix("import ") {
          if line.isEmpty, !isBehindCode { continue }
          isBehindCode = true
          // A test is none inside a function, but can be called.
          let isTest = line.hasPrefix("@Test func ")
          // What a reader's program would trap on fails one test here, and ends no others.
          let code =
            isTest ? line.dropFirst("@Test ".count) : line.replacing("precondition(", with: "#expect(")[...]
          if isTest, let end = code.firstIndex(of: "(") {
            calls += "  try await \(code[..<end].dropFirst("func ".count))()\n"
          }
          functions += line.isEmpty ? "\n" : "  \(code)\n"
        }
        functions += calls + "}\n"
      }
    }
    return
      "// Made from the documents by DocumentedCodeTests; it says how. Not to be edited.\n// swift-format-ignore-file\n\n"
      + imports.sorted().joined(separator: "\n") + "\n" + functions
  }

  @Test func `the documents' code is what is compiled here`() throws {
    let wanted = try Self.generate()
    if ProcessInfo.processInfo.environment["APUS_UPDATE"] != nil {
      try wanted.write(to: Self.copy, atomically: true, encoding: .utf8)
    }
    let present = try String(contentsOf: Self.copy, encoding: .utf8)
    #expect(present == wanted, "APUS_UPDATE=1 swift test --filter DocumentedCode")
    #expect(wanted.components(separatedBy: "async throws {").count > 15)
  }

  @Test(.elsewhere) func `the blocks that test something pass`() async throws {
    try await README2()
    try await README4()
    try await Errors2()
    try await Testing1()
    try await Testing2()
    try await Testing3()
    try await Testing4()
    try await Testing5()
    try await Testing6()
    try await WhenTheCompilerSaysNo3()
  }

  @Test func `the blocks that serve nothing run without an error`() async throws {
    for block in [
      README3, GettingStarted1, GettingStarted2, GettingStarted4, TheThreeTiers1, TheThreeTiers2,
      TheThreeTiers3,
      TheThreeTiers4,
      TheThreeTiers5, Errors1, Streaming1, Streaming2, Streaming3, Streaming4, KeepAlive1, KeepAlive2,
      Deploying1, Deploying2, WhenTheCompilerSaysNo1, WhenTheCompilerSaysNo2,
    ] { try await block() }
  }
}
