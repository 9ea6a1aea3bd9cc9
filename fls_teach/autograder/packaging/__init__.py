"""Packages for others: the student distribution, the zip for Gradescope, the reports for a learning platform."""
