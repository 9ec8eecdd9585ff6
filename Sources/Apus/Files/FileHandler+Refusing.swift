// Answers that no file stands behind.

import ApusEngine
import ApusRing
import ApusWire

extension FileHandler {
  /// An answer without content, with the fields that were configured for its status.
  func answer(_ status: Status, fields: [ResponseField]) -> Response {
    if status.code >= 400 { return Response(status: status, fields: fields + errorFields, body: .none) }
    return Response(
      status: status, fields: fields, renderedFields: commonFields.count > 0 ? commonFields : nil, body: .none
    )
  }

  /// An error with its reason as the content.
  func refuse(_ status: Status, fields: [ResponseField] = []) -> Response {
    var response = answer(status, fields: fields)
    response.mediaType = .text
    response.body = .text(status.reason + "\n")
    return response
  }

  /// The same with a reason of its own.
  func refuse(_ status: Status, because reason: String) -> Response {
    failure = HTTPError(status, reason)
    var response = refuse(status)
    response.body = .text("\(status.code) \(status.reason): \(reason)\n")
    return response
  }

  /// A path that does not exist, lies outside the root or is no regular file is 404: a visitor does not learn
  /// which. A file that exists and may not be read is 403, so that its owner finds the mistake.
  func refuse(because error: FileError) -> Response {
    failure = error
    return switch error {
    case .notFound, .notDirectory, .escapes, .notRegular: refuse(.notFound)
    case .forbidden: refuse(.forbidden)
    case .tooManyOpen: refuse(.serviceUnavailable)
    case .other: refuse(.internalServerError)
    }
  }
}
