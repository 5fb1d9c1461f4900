"""A fleet of robots that exist as series only: what each would report at any moment."""
