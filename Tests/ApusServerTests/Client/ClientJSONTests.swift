import Apus
import ApusTestSupport
import Foundation
import Testing

/// JSON as the client writes and reads it.
@Suite(.elsewhere) struct ClientJSONTests {
  private struct Event: Codable, Equatable, Sendable {
    var at: Date
    var count: Int
  }

  private struct Small: Codable, Sendable { var count: Int8 }

  private func router() -> Router {
    var router = Router()
    router.post("/echo") { request in .bytes([UInt8](copying: request.body), type: .json) }
    return router
  }

  @Test func `dates keep their milliseconds, and a number that does not fit says so`() async throws {
    let event = Event(at: Date(timeIntervalSinceReferenceDate: 700_000_000.123), count: 300)
    _ = try await withServer(router()) { url in
      let client = patientClient()
      let answer = try await client.post(url + "/echo", .json(event))
      #expect(answer.text.contains(#""at":"2023-03-08T20:26:40.123Z""#))
      #expect(try answer.decode(Event.self) == event)
      let streamed = try await client.perform(.post, url + "/echo", body: .json(event)) { _, body in
        try await body.decode(Event.self, upTo: 1000)
      }
      #expect(streamed == event)
      do {
        _ = try answer.decode(Small.self)
        Issue.record("300 is no Int8")
      } catch DecodingError.dataCorrupted(let context) {
        #expect(context.debugDescription == "The value is 300, not a whole number from -128 to 127.")
      }
    }
  }

  @Test func `an encoder and a decoder may be given`() async throws {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .secondsSince1970
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .secondsSince1970
    let event = Event(at: Date(timeIntervalSince1970: 1000), count: 1)
    _ = try await withServer(router()) { url in
      let client = patientClient()
      let body = try ClientBody.json(event, encoder: encoder)
      let answer = try await client.post(url + "/echo", body)
      #expect(answer.text.contains(#""at":1000"#))
      #expect(try answer.decode(Event.self, decoder: decoder) == event)
      let streamed = try await client.perform(.post, url + "/echo", body: body) { _, body in
        try await body.decode(Event.self, upTo: 1000, decoder: decoder)
      }
      #expect(streamed == event)
    }
  }
}
