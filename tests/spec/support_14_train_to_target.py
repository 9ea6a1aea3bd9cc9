"""What torch leaves to its first optimiser belongs to loading the student's file, not to a call."""

import torch


def prepare(source):
    """Told the text of the student's file before it runs."""
    if "optim" in source:  # the first one imports half of torch, which takes seconds
        torch.optim.SGD([torch.zeros(1)], lr=0.1)
