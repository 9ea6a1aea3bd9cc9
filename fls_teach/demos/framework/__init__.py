"""What every demo is made of: claims, results, and the report that joins them."""
