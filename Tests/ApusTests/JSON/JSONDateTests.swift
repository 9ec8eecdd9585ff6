// Dates in JSON, by every way in and out.

import Apus
import ApusTesting
import Foundation
import Testing

@Suite struct JSONDateTests {
  private struct Event: Codable, Equatable, Sendable {
    var at: Date
  }

  private func routes() -> Router {
    var router = Router()
    router.get("/{milliseconds}") { request in
      let time = try request.parameter("milliseconds", as: Int.self)
      return try .json(Event(at: Date(timeIntervalSince1970: Double(time) / 1000)))
    }
    router.post("/echo") { request in try .json(request.decode(Event.self)) }
    return router
  }

  @Test(arguments: [
    (1_700_000_000_123, "2023-11-14T22:13:20.123Z"), (1_700_000_000_001, "2023-11-14T22:13:20.001Z"),
    (1_700_000_000_999, "2023-11-14T22:13:20.999Z"), (1_700_000_000_000, "2023-11-14T22:13:20Z"),
    (-500, "1969-12-31T23:59:59.500Z"),
  ])
  func `a date is written to the millisecond`(milliseconds: Int, text: String) async throws {
    try await TestServer(routes()) { client in
      let answer = try await client.get("/\(milliseconds)")
      #expect(answer.text == #"{"at":"\#(text)"}"#)
    }
  }

  @Test func `a date keeps its milliseconds through a handler and back`() async throws {
    try await TestServer(routes()) { client in
      for milliseconds in 0..<1000 {
        let text = String(format: "2026-07-01T12:00:00.%03dZ", milliseconds)
        let answer = try await client.post("/echo", #"{"at":"\#(text)"}"#, type: .json)
        let event = try answer.decode(Event.self)
        let time = event.at.timeIntervalSince1970 * 1000
        #expect(Int(time.rounded()) == 1_782_907_200_000 + milliseconds)
        #expect(try await client.post("/echo", json: event).decode(Event.self) == event)
      }
    }
  }

  @Test(arguments: ["2026-02-30T00:00:00Z", "yesterday", "2026-01-01"])
  func `the error for a text that is no date says so`(text: String) throws {
    let answer = try ask(routes(), "POST", "/echo", body: #"{"at":"\#(text)"}"#)
    #expect(answer.status == 400)
    #expect(answer.text == "400 the field at is not a date such as 2026-01-31T12:30:00.250Z\n")
  }

  @Test(arguments: [
    "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:59.9996Z",
  ])
  func `a date that could not be written again is not read`(text: String) throws {
    let answer = try ask(routes(), "POST", "/echo", body: #"{"at":"\#(text)"}"#)
    #expect(answer.status == 400)
    #expect(answer.text == "400 the field at is a date outside of the years 0 to 9999, in UTC\n")
  }

  @Test(arguments: ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"])
  func `the first date and the last go through a handler and back`(text: String) throws {
    let answer = try ask(routes(), "POST", "/echo", body: #"{"at":"\#(text)"}"#)
    #expect(answer.text == #"{"at":"\#(text)"}"#)
  }

  @Test(arguments: [1e12, -1e12, .nan, .infinity, 1e300] as [Double])
  func `a date that has no such form is an error, not another date`(seconds: Double) {
    let event = Event(at: Date(timeIntervalSince1970: seconds))
    do {
      _ = try Response.json(event)
      Issue.record("\(seconds) has no year of four digits")
    } catch {
      // Whoever logs it may: the description of a date that is no number traps.
      #expect("\(error)".contains("0 to 9999"))
    }
  }
}
