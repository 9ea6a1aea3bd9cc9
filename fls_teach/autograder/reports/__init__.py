"""Records to what people and platforms read: pages, gradebook, results.json, JUnit, summaries."""
