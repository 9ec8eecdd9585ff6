import Apus
import ApusCompression
import ApusTestSupport
import Testing

/// A client that undoes codings, and a server that answers in them.
struct ClientCodingTests {
  /// `/text` and `/zeros` in the first coding that is asked for, `/as/{coding}` in that one
  /// whether asked for or not.
  private static func routes() -> Router {
    @Sendable func coded(_ bytes: [UInt8], _ coding: String) -> Response {
      var response = Response.bytes(bytes)
      if let field = ResponseField(name: "Content-Encoding", value: coding) { response.fields.append(field) }
      return response
    }
    @Sendable func answer(_ content: [String: [UInt8]], _ coding: String?) -> Response {
      guard let coding, let bytes = content[coding] else { return .text(EncodedContent.text) }
      return coded(bytes, coding)
    }
    @Sendable func asked(_ request: borrowing Request) -> String? {
      request.header("accept-encoding")?.split(separator: ",").first.map(String.init)
    }
    var router = Router()
    router.get("/text") { request in answer(EncodedContent.texts, asked(request)) }
    router.get("/zeros") { request in answer(EncodedContent.zeros, asked(request)) }
    router.get("/as/{coding}") { request in answer(EncodedContent.texts, request.parameter("coding")) }
    router.get("/asked") { request in .text(request.header("accept-encoding") ?? "nothing") }
    router.get("/cut") { _ in
      coded(Array(EncodedContent.texts["gzip"]?.dropLast(3) ?? []), "gzip")
    }
    router.get("/junk") { _ in
      coded((EncodedContent.texts["gzip"] ?? []) + Array("junk".utf8), "gzip")
    }
    router.get("/lie") { _ in
      coded(Array("<!doctype html><p>this is no coded content</p>".utf8), "br")
    }
    router.get("/empty") { _ in
      coded([], "zstd")
    }
    return router
  }

  private func withClient(
    _ codings: [ContentCoding] = .common, _ body: @Sendable (Client, String) async throws -> Void
  ) async throws {
    var configuration = Server.Configuration()
    configuration.port = 0
    configuration.cores = .count(1)
    configuration.timeouts.keepAlive = .seconds(600)
    configuration.timeouts.drainIdle = .milliseconds(20)
    let server = try Server(Self.routes(), configuration: configuration).start()
    var asks = Client.Configuration()
    asks.contentCodings = codings
    asks.idle = .seconds(600)
    asks.timeouts.total = .seconds(300)
    let client = Client(asks)
    let result: Result<Void, any Error>
    do { result = .success(try await body(client, "http://127.0.0.1:\(server.port)")) } catch {
      result = .failure(error)
    }
    await client.closeIdleConnections()
    server.drain()
    let summary = server.wait()
    #expect(summary.closes.reduce(0) { $0 + $1.count } == summary.connections, "\(summary.closes)")
    #expect(!summary.wasForced, "\(summary.closes)")
    try result.get()
  }

  @Test(arguments: [ContentCoding].common)
  func `content comes decoded, and its connection serves again`(coding: ContentCoding) async throws {
    try await withClient([coding]) { client, url in
      for turn in 0..<3 {
        let (text, undone, isReused) = try await client.perform(.get, url + "/text") { head, body in
          (try await body.text(upTo: 1000), body.undoneCoding, head.connection.isReused)
        }
        #expect(text == EncodedContent.text && undone == coding.name && isReused == (turn > 0))
      }
    }
  }

  @Test(arguments: [ContentCoding].common)
  func `a limit holds for what comes out, not for what comes in`(coding: ContentCoding) async throws {
    try await withClient([coding]) { client, url in
      let whole = try await client.get(url + "/zeros", upTo: EncodedContent.zeroCount)
      expectSame(whole.bytes, [UInt8](repeating: 0, count: EncodedContent.zeroCount))
      await #expect(throws: ClientError.bodyTooLarge) {
        try await client.get(url + "/zeros", upTo: EncodedContent.zeroCount - 1)
      }
    }
  }

  @Test func `codings are offered in their order, but not beside a range, another offer, or HEAD`()
    async throws
  {
    try await withClient { client, url in
      try #expect(await client.get(url + "/asked").text == "gzip, br, zstd")
      let own = [ResponseField("Accept-Encoding", "br")]
      let raw = try await client.get(url + "/text", fields: own)
      #expect(raw.bytes == EncodedContent.texts["br"] && raw.header("content-encoding") == "br")
      let range = [ResponseField("Range", "bytes=0-9")]
      try #expect(await client.get(url + "/asked", fields: range).text == "nothing")
      let head = try await client.send(ClientRequest(.head, url + "/text"))
      #expect(head.bytes.isEmpty && head.header("content-encoding") == nil)
    }
    try await withClient([]) { client, url in
      try #expect(await client.get(url + "/asked").text == "nothing")
      try #expect(await client.get(url + "/as/gzip").bytes == EncodedContent.texts["gzip"])
    }
  }

  @Test func `a coding that was not offered is left as it came`() async throws {
    try await withClient([.gzip]) { client, url in
      try #expect(await client.get(url + "/as/zstd").bytes == EncodedContent.texts["zstd"])
      try #expect(await client.get(url + "/as/gzip").text == EncodedContent.text)
    }
  }

  @Test func `what is decoded before a fault is read before its error`() async throws {
    try await withClient { client, url in
      try await client.perform(.get, url + "/junk") { _, body in
        var bytes: [UInt8] = []
        while bytes.count < EncodedContent.text.utf8.count, let chunk = try await body.read() {
          bytes += [UInt8](copying: chunk.bytes)
        }
        #expect(String(decoding: bytes, as: UTF8.self) == EncodedContent.text)
        do {
          _ = try await body.read()
          Issue.record("junk was taken for an end")
        } catch {
          #expect(error as? ClientError == .malformedContent("it is not in gzip coding, as its head says"))
        }
      }
    }
  }

  @Test func `content that is not what its head says is an error, an empty one is not`() async throws {
    try await withClient { client, url in
      await #expect(throws: ClientError.malformedContent("its gzip coding ends too early")) {
        try await client.get(url + "/cut")
      }
      await #expect(throws: ClientError.malformedContent("it is not in br coding, as its head says")) {
        try await client.get(url + "/lie")
      }
      try #expect(await client.get(url + "/empty").bytes == [])
    }
  }
}
