"""What a student sees of a failure: cards, pictures, the likely misconception, results on a terminal."""
