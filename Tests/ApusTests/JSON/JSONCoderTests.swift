// Coders of one's own.

import Apus
import ApusTesting
import Foundation
import Testing

@Suite struct JSONCoderTests {
  private struct User: Codable, Equatable {
    var firstName: String
    var born: Date
  }

  private let ana = User(firstName: "Ana", born: Date(timeIntervalSince1970: 1000))

  private static let encoder = {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.dateEncodingStrategy = .secondsSince1970
    encoder.outputFormatting = .sortedKeys
    return encoder
  }()

  private static let decoder = {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    decoder.dateDecodingStrategy = .secondsSince1970
    return decoder
  }()

  @Test func `an encoder and a decoder may be given wherever JSON is written and read`() async throws {
    var router = Router()
    router.post("/") { request in
      try .json(request.decode(User.self, decoder: Self.decoder), encoder: Self.encoder)
    }
    try await TestServer(router) { client in
      let written = #"{"born":1000,"first_name":"Ana"}"#
      #expect(try await client.post("/", written, type: .json).text == written)
      let answer = try await client.post("/", json: ana, encoder: Self.encoder)
      #expect(answer.text == written)
      #expect(try answer.decode(User.self, decoder: Self.decoder) == ana)
    }
  }

  @Test func `the defaults can be had, and changed in one thing`() async throws {
    let encoder = JSONDefaults.encoder()
    encoder.outputFormatting.insert(.sortedKeys)
    let text = String(decoding: try encoder.encode(ana), as: UTF8.self)
    #expect(text == #"{"born":"1970-01-01T00:16:40Z","firstName":"Ana"}"#)
    #expect(try JSONDefaults.decoder().decode(User.self, from: Data(text.utf8)) == ana)
  }

  @Test func `a decoder of one's own says where a number is too large`() throws {
    struct Count: Codable { var itemCount: Int8 }
    var router = Router()
    router.post("/") { request in try .json(request.decode(Count.self, decoder: Self.decoder)) }
    let answer = try ask(router, "POST", "/", body: #"{"item_count":300}"#)
    #expect(answer.text == "400 the field itemCount is 300, not a whole number from -128 to 127\n")
  }
}
