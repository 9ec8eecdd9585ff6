// WriteOut: the text that `--write-out` writes after a response. Its variables have curl's names.

import Apus
import ArgumentParser

package struct WriteOut: Sendable, Equatable {
  package enum Name: String, CaseIterable, Sendable {
    case http_code, response_code, size_download, time_total, num_redirects, content_type, url_effective
  }

  private enum Part: Sendable, Equatable {
    case text(String)
    case value(Name)
  }

  /// The facts of a response that are known at its end.
  package struct Facts: Sendable {
    package var status: UInt16 = 0
    package var bytes: UInt64 = 0
    package var time = Duration.zero
    package var redirects = 0
    package var type = ""
    package var url: String

    package init(url: String) { self.url = url }
  }

  private var parts: [Part] = []

  package static var names: [String] { Name.allCases.map(\.rawValue) }

  /// Reads `%{name}`, `%%`, `\n`, `\r` and `\t`; anything else stands for itself.
  package static func parse(_ text: String) throws -> WriteOut {
    var format = WriteOut()
    var plain = ""
    var rest = text[...]
    while let character = rest.popFirst() {
      switch (character, rest.first) {
      case ("\\", "n"?), ("\\", "r"?), ("\\", "t"?):
        plain += ["n": "\n", "r": "\r", "t": "\t"][rest.removeFirst()] ?? ""
      case ("%", "%"?): plain.append(rest.removeFirst())
      case ("%", "{"?):
        guard let end = rest.firstIndex(of: "}") else {
          throw ValidationError("a name in %{ needs a } behind it")
        }
        let name = rest[..<end].dropFirst()
        guard let known = Name(rawValue: String(name)) else {
          throw ValidationError("%{\(name)} is not known; \(names.joined(separator: ", ")) are")
        }
        format.parts += [.text(plain), .value(known)]
        plain = ""
        rest = rest[rest.index(after: end)...]
      default: plain.append(character)
      }
    }
    format.parts.append(.text(plain))
    return format
  }

  package func text(_ facts: Facts) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .value(let name): Self.value(name, facts)
      }
    }.joined()
  }

  private static func value(_ name: Name, _ facts: Facts) -> String {
    switch name {
    case .http_code, .response_code: facts.status == 0 ? "000" : "\(facts.status)"
    case .size_download: "\(facts.bytes)"
    case .time_total: BenchReport.decimal(facts.time / .seconds(1), 6)
    case .num_redirects: "\(facts.redirects)"
    case .content_type: facts.type
    case .url_effective: facts.url
    }
  }
}
