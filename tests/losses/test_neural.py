"""Losses as modules of PyTorch."""

from __future__ import annotations

import importlib.util
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose

from imbsuite.losses import FocalLoss, MetricLoss, torch_loss

HAS_TORCH = importlib.util.find_spec("torch") is not None
RNG = np.random.default_rng(0)


@pytest.mark.skipif(HAS_TORCH, reason="PyTorch is installed")
def test_a_missing_library_is_named():
    with pytest.raises(ImportError, match=r"this needs torch; .*imbsuite\[torch\]"):
        torch_loss("focal", [9.0, 1.0])


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("loss", [FocalLoss(), MetricLoss("gmean")], ids=repr)
def test_values_and_gradients_are_those_of_the_loss(loss, n_classes):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    counts = np.arange(n_classes, 0, -1.0)
    criterion = torch_loss(loss, counts, "balanced")
    codes = np.append(np.arange(n_classes), RNG.integers(0, n_classes, 9))
    f, weight = RNG.normal(size=(len(codes), n_classes)), RNG.random(len(codes))
    scores = torch.tensor(f, requires_grad=True)
    value = criterion(scores, torch.tensor(codes), torch.tensor(weight))
    (2 * value).backward()
    plain = f[:, 1] - f[:, 0] if n_classes == 2 else f
    expected, gradient = loss.bind(counts, "balanced").value_gradient(
        plain, codes, weight
    )
    if n_classes == 2:
        gradient = np.column_stack([-gradient, gradient])
    assert value.item() == pytest.approx(expected)
    assert_allclose(scores.grad.numpy(), 2 * gradient, atol=1e-14)
    again = pickle.loads(pickle.dumps(criterion))  # noqa: S301 - made here
    assert again(scores, torch.tensor(codes)).item() == pytest.approx(
        criterion(scores, torch.tensor(codes)).item()
    )
    assert torch.autograd.gradcheck(
        lambda one: criterion(one, torch.tensor(codes)), scores, atol=1e-6
    )


def test_a_network_learns():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    X = torch.tensor(RNG.normal(size=(300, 2)), dtype=torch.float32)
    y = (X[:, 0] > 1).long()
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 1)
    criterion = torch_loss("f1", torch.bincount(y).numpy())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        loss = criterion(model(X), y)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1
