"""What was handed in, found and read."""
