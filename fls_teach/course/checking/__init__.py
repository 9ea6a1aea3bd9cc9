"""Check a submission against a specification: how to write one, how to search for a counterexample, the result."""
