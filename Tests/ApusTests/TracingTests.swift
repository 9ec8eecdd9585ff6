// Spans around handlers, with the package trait `Tracing`; empty without it. `scripts/test --traits` runs it.

#if Tracing
  import Apus
  import ApusTesting
  import InMemoryTracing
  import Testing
  import Tracing

  @Suite struct TracingTests {
    private struct Broken: Error {}

    private func router(_ tracer: InMemoryTracer) -> Router {
      var router = Router()
      router.intercept(TracingMiddleware(tracer: tracer))
      router.get("/plain") { _ in .text("OK") }
      router.get("/later") { _ in
        try await Task.sleep(for: .milliseconds(5))
        let fields = ResponseField.carrying(by: tracer)
        return .text(fields.map { "\($0.name)=\($0.value)" }.sorted().joined(separator: " "))
      }
      router.get("/inner") { _ in
        await tracer.withSpan("inner") { _ in await Task.yield() }
        return .text("OK")
      }
      router.get("/broken") { _ in throw Broken() }
      return router
    }

    @Test func `a request is a span of kind server, with its method, path and status`() async throws {
      let tracer = InMemoryTracer()
      try await TestServer(router(tracer)) { client in _ = try await client.get("/plain?x=1") }
      let span = try #require(tracer.finishedSpans.first)
      #expect(tracer.finishedSpans.count == 1 && tracer.activeSpans.isEmpty)
      #expect(span.operationName == "GET")
      #expect(span.kind == .server)
      #expect(span.attributes["http.request.method"]?.toSpanAttribute() == "GET")
      #expect(span.attributes["url.path"]?.toSpanAttribute() == "/plain")
      #expect(span.attributes["url.scheme"]?.toSpanAttribute() == "http")
      #expect(span.attributes["http.response.status_code"]?.toSpanAttribute() == .int64(200))
      #expect(span.status == nil)
    }

    @Test func `a trace continues from the request's fields to those of the requests that the handler makes`()
      async throws
    {
      let tracer = InMemoryTracer()
      try await TestServer(router(tracer)) { client in
        let fields = [
          ResponseField("In-Memory-Trace-Id", "trace-7"), ResponseField("in-memory-span-id", "span-7"),
        ]
        let answer = try await client.get("/later", fields: fields)
        let span = try #require(tracer.finishedSpans.first)
        #expect(span.traceID == "trace-7")
        #expect(span.parentSpanID == "span-7")
        #expect(answer.text == "in-memory-span-id=\(span.spanID) in-memory-trace-id=trace-7")
      }
    }

    @Test func `a span that a handler starts is the request's child`() async throws {
      let tracer = InMemoryTracer()
      try await TestServer(router(tracer)) { client in _ = try await client.get("/inner") }
      let inner = try #require(tracer.finishedSpans.first { $0.operationName == "inner" })
      let outer = try #require(tracer.finishedSpans.first { $0.operationName == "GET" })
      #expect(inner.parentSpanID == outer.spanID)
      #expect(inner.traceID == outer.traceID)
    }

    @Test func `an error is the span's`() async throws {
      let tracer = InMemoryTracer()
      try await TestServer(router(tracer)) { client in
        let answer = try await client.get("/broken")
        #expect(answer.status == .internalServerError)
      }
      let span = try #require(tracer.finishedSpans.first)
      #expect(span.errors.count == 1)
      #expect(span.status?.code == .error)
    }

    @Test func `outside of a trace no field carries one`() {
      #expect(ResponseField.carrying(by: InMemoryTracer()).isEmpty)
    }
  }
#endif
