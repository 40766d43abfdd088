"""`/v1`: TPO as any other model that speaks the OpenAI protocol."""
