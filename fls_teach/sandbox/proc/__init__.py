"""Worker processes seen from outside: started, measured through /proc, killed."""
