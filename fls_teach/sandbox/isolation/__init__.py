"""What a worker may see and use: bubblewrap, another user, limits, system calls; and the test that it holds."""
