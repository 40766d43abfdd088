"""A sequence classifier in this process: loading, rendering, batching, sharing it."""
