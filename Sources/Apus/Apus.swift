// Apus: the library. A service imports this module alone. It exports the types of the engine and of the wire
// that handlers use (Request, Response, Status, Method, MediaType, ResponseField).

@_exported public import ApusEngine
@_exported public import ApusJSON
@_exported public import ApusWire
