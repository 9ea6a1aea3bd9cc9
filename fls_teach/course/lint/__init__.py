"""Is the course in order? For its author: does the specification catch every plausible mistake, and only mistakes?"""
