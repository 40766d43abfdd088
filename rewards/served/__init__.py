"""What the adapters of servers share: the connection, the chat template, the probe."""
