"""Bags and snippets on disk: written, published, recovered, read back."""
