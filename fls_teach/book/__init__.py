"""The book of results (claims, pictures and lessons in one HTML file), and the interactive page."""
