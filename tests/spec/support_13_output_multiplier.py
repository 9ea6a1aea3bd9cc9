"""Loaded before the student's file: what torch leaves to its first optimiser belongs to loading, not to a call."""

import torch

torch.optim.SGD([torch.zeros(1)], lr=0.1)  # imports half of torch, which takes seconds on a busy machine
