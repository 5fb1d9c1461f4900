"""Tokens, sockets and terminals between operator and robot."""
