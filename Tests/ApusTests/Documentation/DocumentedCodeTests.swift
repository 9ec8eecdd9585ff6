// The Swift of README and of the DocC catalogue compiles and runs. The blocks of one document make up one
// program: a later block uses what an earlier one has declared, and none declares it again, as that would not
// compile. The programs stand in DocumentedCode.swift, which is made from the documents:
// `APUS_UPDATE=1 swift test --filter DocumentedCode`.

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

  private struct Block {
    /// It serves until a signal ends it, so it is compiled and not run.
    let serves: Bool
    var lines: [Substring] = []
  }

  /// The Swift blocks of a document. Those that the compiler refuses are `RefusedCodeTests`'.
  private static func blocks(_ text: String) -> [Block] {
    var blocks: [Block] = []
    var current: Block?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "```swift" || line == "```swift serves" {
        current = Block(serves: line != "```swift")
      } else if line.hasPrefix("```"), let block = current {
        blocks.append(block)
        current = nil
      } else {
        current?.lines.append(line)
      }
    }
    return blocks
  }

  /// A document's program, as a function.
  private static func program(_ blocks: [Block], of document: URL) -> String {
    let name = document.deletingPathExtension().lastPathComponent
    var text = "\n/// The blocks of \(document.lastPathComponent).\nfunc codeOf\(name)() async throws {\n"
    var calls = ""
    for (index, block) in blocks.enumerated() {
      let indent = block.serves ? "    " : "  "
      if block.serves { text += "  func serve\(index + 1)() async throws {\n" }
      for line in block.lines.filter({ !$0.hasPrefix("import ") }).drop(while: \.isEmpty) {
        // A test is none inside a function, but can be called.
        let isTest = line.hasPrefix("@Test func ")
        // What a reader's program would trap on fails one test here, and ends no others.
        let code =
          isTest ? line.dropFirst("@Test ".count) : line.replacing("precondition(", with: "#expect(")[...]
        if isTest, let end = code.firstIndex(of: "(") {
          calls += "  try await \(code[..<end].dropFirst("func ".count))()\n"
        }
        text += line.isEmpty ? "\n" : "\(indent)\(code)\n"
      }
      if block.serves { text += "  }\n" }
    }
    return text + calls + "}\n"
  }

  private static func generate() throws -> String {
    var imports: Set<Substring> = []
    var programs = ""
    for document in documents {
      let blocks = blocks(try String(contentsOf: document, encoding: .utf8))
      if blocks.isEmpty { continue }
      imports.formUnion(blocks.flatMap(\.lines).filter { $0.hasPrefix("import ") })
      programs += program(blocks, of: document)
    }
    return
      "// Made from the documents by DocumentedCodeTests; it says how. Not to be edited.\n// swift-format-ignore-file\n\n"
      + imports.sorted().joined(separator: "\n") + "\n" + programs
  }

  @Test func `the documents' code is what is compiled here`() throws {
    let wanted = try Self.generate()
    if ProcessInfo.processInfo.environment["APUS_UPDATE"] != nil {
      try wanted.write(to: Self.copy, atomically: true, encoding: .utf8)
    }
    let present = try String(contentsOf: Self.copy, encoding: .utf8)
    #expect(present == wanted, "APUS_UPDATE=1 swift test --filter DocumentedCode")
    #expect(wanted.components(separatedBy: "\nfunc codeOf").count > 10)
  }

  /// README's program asks the server that it tells its reader to start, so it is only compiled.
  private static let articles: [(name: String, program: @Sendable () async throws -> Void)] = [
    ("Deploying", codeOfDeploying), ("Errors", codeOfErrors), ("GettingStarted", codeOfGettingStarted),
    ("KeepAlive", codeOfKeepAlive), ("SpeakingTLS", codeOfSpeakingTLS), ("Streaming", codeOfStreaming),
    ("Testing", codeOfTesting),
    ("TheThreeTiers", codeOfTheThreeTiers), ("UsingTheClient", codeOfUsingTheClient),
    ("WhenTheCompilerSaysNo", codeOfWhenTheCompilerSaysNo),
  ]

  @Test(.elsewhere) func `each article's program runs, and its tests pass`() async throws {
    for article in Self.articles {
      await #expect(throws: Never.self, "\(article.name)") { try await article.program() }
    }
  }

  @Test func `each article with code is run`() throws {
    let withCode = try Self.documents.dropFirst().filter {
      !Self.blocks(try String(contentsOf: $0, encoding: .utf8)).isEmpty
    }
    #expect(withCode.map { $0.deletingPathExtension().lastPathComponent } == Self.articles.map(\.name))
  }
}
