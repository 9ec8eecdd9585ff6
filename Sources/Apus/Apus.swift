// Apus: the library. Whoever writes a service imports this module alone; what handlers see of the engine and
// of the wire (Request, Response, Status, Method, MediaType, ResponseField) comes along.

@_exported public import ApusEngine
@_exported public import ApusJSON
@_exported public import ApusWire
