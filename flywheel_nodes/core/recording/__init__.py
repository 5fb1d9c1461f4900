"""What a snippet is: the ring, the windows, the label, the table of ticks."""
