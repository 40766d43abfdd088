"""Language models: from a spec to a policy, and from a policy to N texts."""
