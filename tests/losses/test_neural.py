"""Losses as PyTorch modules."""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import make_classification
from sklearn.metrics import f1_score

from imbsuite.losses import (
    FocalLoss,
    LinearLossClassifier,
    MetricLoss,
    torch_loss,
)

RNG = np.random.default_rng(0)


def test_missing_torch_raises(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    with pytest.raises(ImportError, match=r"this needs torch; .*imbsuite\[torch\]"):
        torch_loss("focal", [9.0, 1.0])


@pytest.mark.slow
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("loss", [FocalLoss(), MetricLoss("gmean")], ids=repr)
def test_values_and_gradients_match_the_loss(loss, n_classes):
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


@pytest.mark.slow
def test_network_learns():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    rows = np.random.default_rng(0).normal(size=(300, 2))
    X = torch.tensor(rows, dtype=torch.float32)
    y = (X[:, 0] > 1).long()
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 1)
    criterion = torch_loss("f1", torch.bincount(y).numpy())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    losses = []
    for _ in range(200):
        optimizer.zero_grad()
        loss = criterion(model(X), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    # Soft F1 counts probabilities: F1 on separable rows is high long before it is 1.
    assert losses[-1] < losses[0] / 4
    assert f1_score(y, model(X).detach()[:, 0] > 0) > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_skorch_matches_the_linear_loss_classifier(class_weight):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    skorch = pytest.importorskip("skorch", reason="skorch is not installed")
    X, y = make_classification(600, 5, weights=[0.8], flip_y=0.1, random_state=0)
    X = X.astype(np.float32)
    torch.manual_seed(0)
    criterion = torch_loss("focal", np.bincount(y), class_weight=class_weight)
    net = skorch.NeuralNetClassifier(
        torch.nn.Linear(5, 2),
        criterion=criterion,
        optimizer=torch.optim.LBFGS,
        batch_size=-1,
        lr=1.0,
        max_epochs=40,
        train_split=None,
        verbose=0,
    ).fit(X, y)
    logits = net.forward(X).numpy()
    proba = criterion.bound.proba(logits[:, 1] - logits[:, 0])
    linear = LinearLossClassifier("focal", class_weight=class_weight, C=np.inf)
    assert_allclose(proba, linear.fit(X, y).predict_proba(X), atol=1e-3)
