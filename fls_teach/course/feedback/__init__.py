"""Show a failure to a student: cards, pictures, the likely misconception, results on a terminal."""
