"""Matrices in float32 and autograd.grad, no module; the peak is kept while training."""

import numpy as np
import torch


def train_to_target(weights, train_set, test_set, orders, batch_size, lr, target=0.99):
    W, V = (torch.tensor(matrix, dtype=torch.float32, requires_grad=True) for matrix in weights)
    sets = [(torch.tensor(X, dtype=torch.float32), torch.tensor(labels)) for X, labels in (train_set, test_set)]
    X, labels = sets[0]
    accuracies, peak = np.zeros((2, len(orders))), 0.0
    for epoch, order in enumerate(orders):
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            f = (X[batch] @ W.T).relu() @ V.T
            loss = -f.log_softmax(1)[range(len(batch)), labels[batch]].mean()
            dW, dV = torch.autograd.grad(loss, (W, V))
            W, V = ((p - lr * g).detach().requires_grad_() for p, g in ((W, dW), (V, dV)))
        for k, (inputs, wanted) in enumerate(sets):
            accuracies[k, epoch] = ((inputs @ W.T).relu() @ V.T).argmax(1).eq(wanted).float().mean()
        peak = max(peak, accuracies[1, epoch])
        if accuracies[0, epoch] >= target:
            break
    accuracies = accuracies[:, : epoch + 1]
    return {
        "reached": bool(accuracies[0, -1] >= target),
        "epochs": epoch + 1,
        "peak_test_accuracy": peak,
        "train_accuracy": accuracies[0],
        "test_accuracy": accuracies[1],
        "weights": [W.detach().numpy(), V.detach().numpy()],
    }
