"""The parts common to all demos: claims, results, and the report that combines them."""
