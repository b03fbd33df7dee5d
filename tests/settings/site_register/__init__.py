"""A register (登记簿) for tests of the base: which laboratory passed which quality assessment."""
