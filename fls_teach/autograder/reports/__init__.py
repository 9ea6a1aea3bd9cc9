"""Reports made from records, for people and platforms: pages, gradebook, results.json, JUnit, summaries."""
