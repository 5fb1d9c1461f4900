"""What an operator may ask: protocol, lease, admission, and what is shown."""
