// ListenerRole: what requests inherit from the listener of their connection.

/// The site whose handlers respond, and whether the connection is encrypted.
package struct ListenerRole: Equatable, Sendable, BitwiseCopyable {
  /// Number of the site: requests of different sites may get different responses for one path.
  package var site: UInt16
  /// The connection uses TLS, so the scheme of its requests is https (RFC 9110 section 4.2.2).
  package var isSecured: Bool

  package init(site: UInt16 = 0, isSecured: Bool = false) {
    self.site = site
    self.isSecured = isSecured
  }
}

extension Handler {
  /// Calls for each request the handler of its listener's site.
  ///
  /// - Parameter sites: Handlers by site number; at least one.
  package init(sites: [Handler]) {
    precondition(!sites.isEmpty, "there is no site")
    self.init(
      plan: { request in sites[Int(request.role.site)].plan(request) },
      respond: { request in sites[Int(request.role.site)].respond(request) },
      settle: { request, response in sites[Int(request.role.site)].settle(request, &response) })
    wantsAddresses = sites.contains { $0.wantsAddresses }
  }
}
