"""ParticleNet and ParT give the numbers of their authors' package: those on record, and more where it is installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import pytest
import torch
from torch import nn

from tests.classifiers import weaver

# weaver-core 0.5.3 in float64: python -m tests.classifiers.weaver
ON_RECORD = {
    "particlenet": [
        [-0.926293527, 2.677485651],
        [-0.520890859, 1.727207932],
        [-1.451486052, 4.539105211],
        [-0.961282594, 2.841218638],
        [-1.45877111, 2.867016384],
        [-0.612758055, 1.65430318],
    ],
    "part": [
        [-0.450135323, -2.379173521],
        [-0.438280667, -2.372189676],
        [-0.77719469, -2.13493095],
        [-0.420573644, -2.375626378],
        [-0.502447023, -2.351576358],
        [-0.970943755, -1.767472191],
    ],
    "part-by-default": [
        [-0.450134907, -2.379173589],
        [-0.438280198, -2.372189823],
        [-0.77718045, -2.134926032],
        [-0.420572973, -2.375626561],
        [-0.502445443, -2.351577125],
        [-0.970921212, -1.767536612],
    ],
}
OURS: dict[str, Callable[[], nn.Module]] = {
    "particlenet": weaver.ours_particlenet,
    "part": weaver.ours_part,
    "part-by-default": weaver.ours_part_by_default,
}
AUTHORS = {
    "particlenet": weaver.authors_particlenet,
    "part": weaver.authors_part,
    "part-by-default": weaver.authors_part_by_default,
}

installed = pytest.mark.skipif(
    importlib.util.find_spec("weaver") is None,
    reason="weaver-core is no dependency (it brings numba, tables and tensorboard): pip install --no-deps weaver-core",
)


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-8), (torch.float32, 1e-4)])
def test_logits_of_the_authors_on_record(name: str, dtype: torch.dtype, bound: float) -> None:
    with torch.no_grad():
        found = OURS[name]().to(dtype)(*weaver.JETS)
    torch.testing.assert_close(
        found.double(), torch.tensor(ON_RECORD[name], dtype=torch.float64), rtol=bound, atol=bound
    )


@installed
@pytest.mark.slow
@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("training", [False, True])
def test_logits_moments_and_gradients_of_the_authors(name: str, training: bool) -> None:
    ours = OURS[name]()
    authors = AUTHORS[name](ours).train(training)
    ours.train(training)
    # normalising over a batch, their network sees padding; where there is none, and in evaluation, both agree
    p, mask = weaver.FULL if training else weaver.JETS
    found, expected = ours(p, mask), weaver.run_authors(authors, p, mask)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)
    for key, value in authors.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[key].view(value.shape), value, rtol=1e-9, atol=1e-9, msg=key)
    found.square().sum().backward()
    expected.square().sum().backward()
    for key, parameter in authors.named_parameters():
        gradient = ours.get_parameter(key).grad
        assert gradient is not None
        assert parameter.grad is not None
        torch.testing.assert_close(gradient.view(parameter.shape), parameter.grad, rtol=1e-6, atol=1e-8, msg=key)


@installed
@pytest.mark.slow
@pytest.mark.parametrize("name", OURS)
def test_padding_moves_the_authors_in_training_and_not_us(name: str) -> None:
    ours = OURS[name]().train()
    authors = AUTHORS[name](ours).train()
    p, mask = weaver.JETS
    more = torch.nn.functional.pad(p, (0, 0, 0, 4)), torch.nn.functional.pad(mask, (0, 4))
    torch.testing.assert_close(ours(*more), ours(p, mask), rtol=1e-9, atol=1e-9)
    before, after = weaver.run_authors(authors, p, mask), weaver.run_authors(authors, *more)
    assert not torch.allclose(before, after, atol=1e-3)
