"""TPO inside LangChain: a chat model, an agent middleware, a tool."""
