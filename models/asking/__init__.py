"""How one request is sent: its parameters, the model for it, what was learnt of its server."""
