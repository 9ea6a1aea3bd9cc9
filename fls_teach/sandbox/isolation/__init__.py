"""What a worker may see and use: bubblewrap, another user, resource limits, system calls."""


class SandboxError(RuntimeError):
    """A sandbox is not available on this machine; the text says why. This is never the student's fault."""
