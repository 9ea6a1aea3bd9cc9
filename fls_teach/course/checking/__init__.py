"""A submission against a specification: the language of specifications, the search for a counterexample, the result."""
