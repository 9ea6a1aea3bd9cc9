"""What a worker may see and use: bubblewrap, another user, limits, system calls; and the test that it holds."""


class SandboxError(RuntimeError):
    """A sandbox cannot be had here; the text says why. Never the student's fault."""
