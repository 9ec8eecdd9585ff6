// The repository that this file lies in, read once.

import Foundation

enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Every file of Swift and C but the one that is made from documents.
  static let files: [SourceFile] =
    (["Sources", "Tests", "Benchmarks"].flatMap { paths(under: $0, [".swift"]) }
    + paths(under: "Sources", [".c", ".h"])
    + ["Package.swift"])
    .filter { $0 != generated }.map { SourceFile($0, text($0)) }

  static let generated = "Tests/ApusTests/Documentation/DocumentedCode.swift"
  static let architecture = "Sources/ARCHITECTURE.md"

  static var swift: [SourceFile] { files.filter { $0.path.hasSuffix(".swift") } }
  static var sources: [SourceFile] { swift.filter { $0.path.hasPrefix("Sources/") } }

  /// What documents say, by path.
  static let documents: [String: String] = Dictionary(
    uniqueKeysWithValues: (paths(under: "", [".md"])).map { ($0, text($0)) })

  static func text(_ path: String) -> String {
    guard let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8) else {
      preconditionFailure("\(path) cannot be read below \(root.path)")
    }
    return text
  }

  /// Files below a folder of the repository whose names end so, sorted; nothing
  /// hidden, nothing that was built.
  static func paths(under folder: String, _ endings: [String]) -> [String] {
    let start = root.appending(path: folder)
    let options: FileManager.DirectoryEnumerationOptions = [.skipsHiddenFiles]
    let found = FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil, options: options)
    let prefix = root.path + "/"
    return (found?.compactMap { ($0 as? URL)?.path } ?? [])
      .filter { path in endings.contains { path.hasSuffix($0) } }
      .map { String($0.dropFirst(prefix.count)) }.sorted()
  }
}
