"""A small service (小服务) for tests of the base: an errand from one hospital to another."""
