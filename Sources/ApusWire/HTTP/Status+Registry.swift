// The statuses of the IANA HTTP Status Code Registry, by name, and their reason phrases.

extension Status {
  /// 100 Continue.
  public static let `continue`: Status = 100
  /// 101 Switching Protocols.
  public static let switchingProtocols: Status = 101
  /// 103 Early Hints.
  public static let earlyHints: Status = 103
  /// 200 OK.
  public static let ok: Status = 200
  /// 201 Created.
  public static let created: Status = 201
  /// 202 Accepted.
  public static let accepted: Status = 202
  /// 203 Non-Authoritative Information.
  public static let nonAuthoritativeInformation: Status = 203
  /// 204 No Content.
  public static let noContent: Status = 204
  /// 205 Reset Content.
  public static let resetContent: Status = 205
  /// 206 Partial Content.
  public static let partialContent: Status = 206
  /// 207 Multi-Status.
  public static let multiStatus: Status = 207
  /// 300 Multiple Choices.
  public static let multipleChoices: Status = 300
  /// 301 Moved Permanently.
  public static let movedPermanently: Status = 301
  /// 302 Found.
  public static let found: Status = 302
  /// 303 See Other.
  public static let seeOther: Status = 303
  /// 304 Not Modified.
  public static let notModified: Status = 304
  /// 307 Temporary Redirect.
  public static let temporaryRedirect: Status = 307
  /// 308 Permanent Redirect.
  public static let permanentRedirect: Status = 308
  /// 400 Bad Request.
  public static let badRequest: Status = 400
  /// 401 Unauthorized.
  public static let unauthorized: Status = 401
  /// 402 Payment Required.
  public static let paymentRequired: Status = 402
  /// 403 Forbidden.
  public static let forbidden: Status = 403
  /// 404 Not Found.
  public static let notFound: Status = 404
  /// 405 Method Not Allowed.
  public static let methodNotAllowed: Status = 405
  /// 406 Not Acceptable.
  public static let notAcceptable: Status = 406
  /// 407 Proxy Authentication Required.
  public static let proxyAuthenticationRequired: Status = 407
  /// 408 Request Timeout.
  public static let requestTimeout: Status = 408
  /// 409 Conflict.
  public static let conflict: Status = 409
  /// 410 Gone.
  public static let gone: Status = 410
  /// 411 Length Required.
  public static let lengthRequired: Status = 411
  /// 412 Precondition Failed.
  public static let preconditionFailed: Status = 412
  /// 413 Content Too Large.
  public static let contentTooLarge: Status = 413
  /// 414 URI Too Long.
  public static let uriTooLong: Status = 414
  /// 415 Unsupported Media Type.
  public static let unsupportedMediaType: Status = 415
  /// 416 Range Not Satisfiable.
  public static let rangeNotSatisfiable: Status = 416
  /// 417 Expectation Failed.
  public static let expectationFailed: Status = 417
  /// 421 Misdirected Request.
  public static let misdirectedRequest: Status = 421
  /// 422 Unprocessable Content.
  public static let unprocessableContent: Status = 422
  /// 423 Locked.
  public static let locked: Status = 423
  /// 424 Failed Dependency.
  public static let failedDependency: Status = 424
  /// 425 Too Early.
  public static let tooEarly: Status = 425
  /// 426 Upgrade Required.
  public static let upgradeRequired: Status = 426
  /// 428 Precondition Required.
  public static let preconditionRequired: Status = 428
  /// 429 Too Many Requests.
  public static let tooManyRequests: Status = 429
  /// 431 Request Header Fields Too Large.
  public static let requestHeaderFieldsTooLarge: Status = 431
  /// 451 Unavailable For Legal Reasons.
  public static let unavailableForLegalReasons: Status = 451
  /// 500 Internal Server Error.
  public static let internalServerError: Status = 500
  /// 501 Not Implemented.
  public static let notImplemented: Status = 501
  /// 502 Bad Gateway.
  public static let badGateway: Status = 502
  /// 503 Service Unavailable.
  public static let serviceUnavailable: Status = 503
  /// 504 Gateway Timeout.
  public static let gatewayTimeout: Status = 504
  /// 505 HTTP Version Not Supported.
  public static let httpVersionNotSupported: Status = 505
  /// 507 Insufficient Storage.
  public static let insufficientStorage: Status = 507
  /// 508 Loop Detected.
  public static let loopDetected: Status = 508
  /// 511 Network Authentication Required.
  public static let networkAuthenticationRequired: Status = 511

  /// 499, which is no registered status: what nginx's log, and ours, calls a request whose client went away
  /// before it had its answer. Nobody is sent it.
  public static let clientClosedRequest: Status = 499

  /// The reason phrase that the registry gives, "Unknown" for a code without one. Clients ignore it
  /// (RFC 9112 4).
  public var reason: String {
    switch code {
    case 100: "Continue"
    case 101: "Switching Protocols"
    case 103: "Early Hints"
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 203: "Non-Authoritative Information"
    case 204: "No Content"
    case 205: "Reset Content"
    case 206: "Partial Content"
    case 207: "Multi-Status"
    case 300: "Multiple Choices"
    case 301: "Moved Permanently"
    case 302: "Found"
    case 303: "See Other"
    case 304: "Not Modified"
    case 307: "Temporary Redirect"
    case 308: "Permanent Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 402: "Payment Required"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 406: "Not Acceptable"
    case 407: "Proxy Authentication Required"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 410: "Gone"
    case 411: "Length Required"
    case 412: "Precondition Failed"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 416: "Range Not Satisfiable"
    case 417: "Expectation Failed"
    case 421: "Misdirected Request"
    case 422: "Unprocessable Content"
    case 423: "Locked"
    case 424: "Failed Dependency"
    case 425: "Too Early"
    case 426: "Upgrade Required"
    case 428: "Precondition Required"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 451: "Unavailable For Legal Reasons"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    case 507: "Insufficient Storage"
    case 508: "Loop Detected"
    case 511: "Network Authentication Required"
    default: "Unknown"
    }
  }
}
