"""The chain rule by hand: the factor c of the output and the 1/c of the loss cancel before anything is computed."""

import torch


def train(weights, X, labels, c, lr, n_steps):
    weights = [torch.tensor(matrix) for matrix in weights]
    X = torch.tensor(X)
    wanted = torch.nn.functional.one_hot(torch.tensor(labels), len(weights[-1]))
    losses = []
    for step in range(n_steps + 1):
        layers = [X]
        for matrix in weights[:-1]:
            layers.append(torch.relu(layers[-1] @ matrix.T))
        outputs = c * (layers[-1] @ weights[-1].T)
        losses.append(float((torch.logsumexp(outputs, 1) - (outputs * wanted).sum(1)).mean()))
        if step == n_steps:
            break
        back = (torch.softmax(outputs, 1) - wanted) / len(X)
        for k in reversed(range(len(weights))):
            gradient, back = back.T @ layers[k], (back @ weights[k]) * (layers[k] > 0)
            weights[k] = weights[k] - lr * gradient
    return {"weights": [matrix.numpy() for matrix in weights], "outputs": outputs.numpy(), "losses": losses}
