"""Temperature sampling in training loops of PyTorch, and of skorch around it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import imbsuite as im

pytestmark = [
    pytest.mark.slow,
    # skorch and PyTorch warn about coming changes in each other and in Python.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def _table(n=600, rare=30):
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat([0, 1], [n - rare, rare]))
    return (rng.normal(size=(n, 4)) + 2.0 * y[:, np.newaxis]).astype(np.float32), y


def test_batch_sampler_in_a_data_loader():
    torch = pytest.importorskip("torch")
    from torch.utils.data import DataLoader, TensorDataset

    X, y = _table()
    data = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    batches = im.TemperatureBatchSampler(
        y, 50, im.Cooldown(float("inf"), 1), n_epochs=2, random_state=0
    )
    loader = DataLoader(data, batch_sampler=batches)
    assert len(loader) == 12
    shares = []
    for epoch in range(2):
        batches.set_epoch(epoch)
        rows = [(X_part, y_part) for X_part, y_part in loader]
        shares.append(float(torch.cat([y_part for _, y_part in rows]).float().mean()))
    assert shares == pytest.approx([0.5, 0.05])
    # The last epoch, at T = 1, contains each row once.
    drawn = torch.cat([X_part for X_part, _ in rows]).numpy()
    assert_array_equal(np.sort(drawn, axis=0), np.sort(X, axis=0))


def test_training_loop_learns_the_rare_class():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    X, y = _table()
    network = torch.nn.Linear(4, 1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.2)
    batches = im.TemperatureBatchSampler(y, 50, float("inf"), random_state=0)
    for _ in range(10):
        for rows in batches:
            target = torch.from_numpy(y[rows]).float()
            output = network(torch.from_numpy(X[rows]))[:, 0]
            loss = torch.nn.functional.binary_cross_entropy_with_logits(output, target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    predicted = network(torch.from_numpy(X))[:, 0].detach().numpy() > 0
    assert predicted[y == 1].mean() > 0.9


def test_cooldown_with_a_skorch_estimator():
    torch = pytest.importorskip("torch")
    skorch = pytest.importorskip("skorch")
    torch.manual_seed(0)
    X, y = _table()

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.Sequential(
                torch.nn.Linear(4, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2)
            )

        def forward(self, X):
            return self.layers(X)

    inner = skorch.NeuralNetClassifier(
        Network,
        criterion=torch.nn.CrossEntropyLoss,
        max_epochs=1,
        lr=0.1,
        batch_size=-1,
        train_split=None,
        verbose=0,
    )
    model = im.CooldownClassifier(
        inner, float("inf"), n_epochs=10, batch_size=50, random_state=0
    )
    model.fit(X, y.astype(np.int64))
    assert model.n_updates_ == 120
    predicted = model.predict(X)
    assert predicted[y == 1].mean() > 0.9
    assert (predicted == y).mean() > 0.9
