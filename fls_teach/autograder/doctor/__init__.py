"""Is this machine fit to grade untrusted code, and do the bundled attacks fail on it?"""
