"""No module and no optimiser: matrices with requires_grad, autograd.grad, and a subtraction."""

import torch


def train(weights, X, labels, c, lr, n_steps):
    theta = [torch.tensor(matrix, requires_grad=True) for matrix in weights]
    X, labels = torch.as_tensor(X), torch.as_tensor(labels)

    def outputs():
        x = X
        for matrix in theta[:-1]:
            x = (x @ matrix.T).clamp(min=0)
        return c * (x @ theta[-1].T)

    def mean_loss():
        return -outputs().log_softmax(1)[torch.arange(len(labels)), labels].mean()

    losses = [mean_loss()]
    for _ in range(n_steps):
        gradients = torch.autograd.grad(losses[-1] / c, theta)
        theta = [(p - lr * g).detach().requires_grad_() for p, g in zip(theta, gradients, strict=True)]
        losses.append(mean_loss())
    return {
        "weights": [p.detach().numpy() for p in theta],
        "outputs": outputs().detach().numpy(),
        "losses": [loss.item() for loss in losses],
    }
