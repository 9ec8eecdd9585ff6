// BenchDocument: the value behind /json1k and /json1k-codable, 1 KB in JSON, the same by either way; and
// behind the rows of `apus-micro-engine` that count what that takes.

package import Apus

package struct BenchDocument: Codable, JSONWritable, Sendable {
  package struct Item: Codable, JSONWritable, Sendable {
    package let id: Int
    package let name: String
    package let price: Double
    package let available: Bool
    package let tags: [String]

    package func write(to json: inout JSONWriter) {
      json.object { item in
        item.member("id", id)
        item.member("name", name)
        item.member("price", price)
        item.member("available", available)
        item.member("tags", tags)
      }
    }
  }

  package let total: Int
  package let page: Int
  package let next: String?
  package let items: [Item]

  package func write(to json: inout JSONWriter) {
    json.object { document in
      document.member("total", total)
      document.member("page", page)
      document.member("next", next)
      document.member("items", items)
    }
  }

  package static let sample = BenchDocument(
    total: 1234, page: 2, next: "/items?page=3",
    items: (0..<10).map { number in
      Item(
        id: 4200 + number, name: "A thing, number \(number)", price: 9.5 + Double(number),
        available: number % 3 > 0, tags: ["warm", "light"])
    })
}

extension BenchDocument {
  /// The same as a text that is made once.
  package static func sampleText() throws -> String {
    guard case .bytes(let bytes) = try Response.json(sample).body else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }
}
