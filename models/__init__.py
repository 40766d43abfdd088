"""Language models: from a spec to a policy, and one request to it."""
