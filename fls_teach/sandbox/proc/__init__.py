"""Measuring worker processes through /proc, and ending them."""
