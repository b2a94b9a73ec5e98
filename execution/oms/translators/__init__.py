"""HTTP and WebSocket doors for programs that do not speak gRPC: translators in front of the one door, never past it.

Every request becomes one call on the OMS's own gRPC door with the credentials that the caller showed. Who may do what,
what an id means and whether an order leaves is decided there and nowhere here (docs/order-api.md).
"""
