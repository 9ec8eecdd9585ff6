// Spans of swift-distributed-tracing around handlers, and the fields that carry a trace from one service to
// the next. With the package trait `Tracing`.

#if Tracing
  public import ApusEngine
  public import ApusWire
  public import Tracing

  /// A span for every request: of kind server, within the trace that the request's fields name
  /// (`traceparent`, where the tracer speaks W3C Trace Context), with OpenTelemetry's attributes. In the
  /// handler it is the current one, so that what the handler starts, and asks other services with
  /// `ResponseField.carrying(_:by:)`, belongs to it.
  ///
  /// ```swift
  /// router.intercept(TracingMiddleware())
  /// ```
  ///
  /// As all middleware it makes a task of a synchronous handler. Cost besides the tracer's: the request's
  /// fields are copied into strings, as only the tracer knows which of them it reads.
  public struct TracingMiddleware: Middleware {
    private let tracer: (any Tracer)?
    private let name: @Sendable (borrowing Request) -> String

    /// - Parameter tracer: nil for the one that the process was bootstrapped with.
    /// - Parameter name: of the span; by default the method. A name with the path in it
    ///   is a name for each path.
    public init(
      tracer: (any Tracer)? = nil,
      name: @escaping @Sendable (borrowing Request) -> String = { request in request.method.name }
    ) {
      self.tracer = tracer
      self.name = name
    }

    /// Answers with what `next` answers; an answer of class 5, or an error, is the span's.
    public func intercept(input: borrowing Request, next: Next) async throws -> Response {
      let tracer = tracer ?? InstrumentationSystem.tracer
      var context = ServiceContext.current ?? .topLevel
      tracer.extract(ReceivedFields(input), into: &context, using: ReceivedFields.Reader())
      let span = tracer.startAnySpan(name(input), context: context, ofKind: .server)
      defer { span.end() }
      span.updateAttributes { attributes in
        attributes["http.request.method"] = input.method.name
        attributes["apus.request.id"] = input.id
        attributes["url.path"] = String(copying: input.path)
        attributes["url.scheme"] = input.scheme
      }
      do {
        let response = try await ServiceContext.$current.withValue(span.context) { try await next(input) }
        span.attributes["http.response.status_code"] = Int64(response.status.code)
        if response.status.code >= 500 { span.setStatus(SpanStatus(code: .error)) }
        return response
      } catch {
        span.recordError(error)
        span.setStatus(SpanStatus(code: .error))
        throw error
      }
    }
  }

  extension ResponseField {
    /// The fields that carry a context to another service, for a request that is made to it.
    ///
    /// - Parameter context: by default the current one: within `TracingMiddleware` the request's span.
    /// - Parameter tracer: nil for the one that the process was bootstrapped with.
    public static func carrying(
      _ context: ServiceContext? = .current, by tracer: (any Tracer)? = nil
    ) -> [ResponseField] {
      guard let context else { return [] }
      var fields: [ResponseField] = []
      (tracer ?? InstrumentationSystem.tracer).inject(context, into: &fields, using: FieldWriter())
      return fields
    }
  }

  /// A request's fields, copied so that a tracer may look for its own.
  private struct ReceivedFields: Sendable {
    private var lines: [(name: String, value: String)] = []

    init(_ request: borrowing Request) {
      for index in request.fields.indices {
        let line = request.fields[index]
        lines.append(
          (
            String(copying: request.bytes.extracting(line.name.range)).lowercased(),
            String(copying: request.bytes.extracting(line.value.range))
          ))
      }
    }

    struct Reader: Extractor {
      /// A field that came on several lines is one list (RFC 9110 section 5.3), as `tracestate` may.
      func extract(key: String, from fields: ReceivedFields) -> String? {
        let key = key.lowercased()
        let values = fields.lines.filter { $0.name == key }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ",")
      }
    }
  }

  private struct FieldWriter: Injector {
    func inject(_ value: String, forKey key: String, into fields: inout [ResponseField]) {
      if let field = ResponseField(name: key, value: value) { fields.append(field) }
    }
  }
#endif
