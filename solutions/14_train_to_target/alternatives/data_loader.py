"""The usual torch furniture: Dataset, DataLoader with a sampler, Module, optimiser."""

import torch
from torch.utils.data import DataLoader, TensorDataset


class Net(torch.nn.Module):
    def __init__(self, first, second):
        super().__init__()
        self.first = torch.nn.Parameter(torch.tensor(first))
        self.second = torch.nn.Parameter(torch.tensor(second))

    def forward(self, x):
        return torch.relu(x @ self.first.T) @ self.second.T


@torch.no_grad()
def share_right(net, data):
    X, labels = data.tensors
    return float((net(X).argmax(dim=1) == labels).sum()) / len(labels)


def train_to_target(weights, train_set, test_set, orders, batch_size, lr, target=0.99):
    train, test = (TensorDataset(*map(torch.from_numpy, data)) for data in (train_set, test_set))
    net, loss_of = Net(*weights), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    curves, reached, epoch = [], False, 0
    while not reached and epoch < len(orders):
        for X, labels in DataLoader(train, batch_size=batch_size, sampler=orders[epoch].tolist()):
            optimizer.zero_grad()
            loss_of(net(X), labels).backward()
            optimizer.step()
        curves.append((share_right(net, train), share_right(net, test)))
        reached = curves[-1][0] >= target
        epoch += 1
    train_curve, test_curve = map(list, zip(*curves, strict=True))
    return {
        "reached": reached,
        "epochs": epoch,
        "peak_test_accuracy": max(test_curve),
        "train_accuracy": train_curve,
        "test_accuracy": test_curve,
        "weights": [net.first.detach().numpy(), net.second.detach().numpy()],
    }
