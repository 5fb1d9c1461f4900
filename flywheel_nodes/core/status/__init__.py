"""What `flywheel status` makes of two scrapes: facts, what is out of order, lines to show."""
