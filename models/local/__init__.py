"""Models that run on this machine: llama.cpp's and Hugging Face's."""
