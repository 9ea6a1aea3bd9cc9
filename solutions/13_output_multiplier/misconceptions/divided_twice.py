"""c is divided out twice: in the loss and in the learning rate"""

import numpy as np
import torch
from torch.nn.functional import cross_entropy


def network(weights):
    layers = []
    for matrix in weights:
        linear = torch.nn.Linear(matrix.shape[1], matrix.shape[0], bias=False)
        linear.weight = torch.nn.Parameter(torch.tensor(matrix))
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


class Multiplied(torch.nn.Module):
    """c times the output of a network."""

    def __init__(self, inner, c):
        super().__init__()
        self.inner, self.c = inner, c

    def forward(self, x):
        return self.c * self.inner(x)


def train(weights, X, labels, c, lr, n_steps):
    inner = network(weights)
    model, X, labels = Multiplied(inner, c), torch.tensor(X), torch.tensor(labels)
    losses = []
    for _ in range(n_steps):
        loss = cross_entropy(model(X), labels)
        losses.append(loss.item())
        model.zero_grad()
        (loss / c).backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= lr / c * parameter.grad
    with torch.no_grad():
        outputs = model(X)
        losses.append(cross_entropy(outputs, labels).item())
    trained = [layer.weight.detach().numpy() for layer in inner if isinstance(layer, torch.nn.Linear)]
    return {"weights": trained, "outputs": outputs.numpy(), "losses": np.array(losses)}
