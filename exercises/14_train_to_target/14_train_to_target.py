"""Exercise 14: plain SGD until the training set is learnt, and what the test set saw on the way."""

import numpy as np
import torch


def network(weights: list[np.ndarray]) -> torch.nn.Sequential:
    """f(x) = W_2 relu(W_1 x) without biases, on copies of the weights; for you to use."""
    layers = [torch.nn.Linear(matrix.shape[1], matrix.shape[0], bias=False) for matrix in weights]
    for layer, matrix in zip(layers, weights, strict=True):
        layer.weight = torch.nn.Parameter(torch.tensor(matrix))
    return torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1])


def train_to_target(weights, train_set, test_set, orders, batch_size, lr, target=0.99) -> dict:
    """Train with SGD on cross-entropy until the training accuracy is at least `target`, or `orders` is used up.

    Parameters
    ----------
    weights : list of ndarray
        W_1 (h, d) and W_2 (k, h) of the start.
    train_set, test_set : tuple (X, labels)
        X ndarray (n, d), labels ndarray of int (n,), classes 0 to k - 1; the two sets have n of their own.
    orders : ndarray of int (max_epochs, n)
        Row e is the order of the training examples in epoch e, cut into batches of `batch_size`; the last may be shorter.
    batch_size, lr, target : int, float, float
        A batch gives the step theta <- theta - lr grad(mean cross-entropy of the batch); no momentum, no weight decay.

    Returns
    -------
    dict
        "reached", bool, whether target was reached; "epochs", int, how many were trained (at least 1);
        "peak_test_accuracy", float, the largest of "test_accuracy"; "train_accuracy" and "test_accuracy",
        ndarrays (epochs,), shares in [0, 1] of the whole set that is right, after each epoch; "weights", list, the last.
    """
    # TODO: epochs of steps; after each epoch measure both accuracies, and decide whether to stop.
    raise NotImplementedError("exercise 14: train_to_target")
