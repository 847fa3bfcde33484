"""What all stand-ins share: the gRPC service, property values, checks of inputs, differences."""
