// RelayStep: the relay of a step and its two sides, passed through the relay's functions as one value.

/// One step of one relay.
struct RelayStep {
  let index: Index<Relay>
  /// The relay's exchange with the requesting client, and the place that its response goes to.
  let exchange: Exchange
  let seat: ExchangeSeat
  /// The client through which the server is asked.
  let core: CoreClient
}
