"""Conformance checks for components: what symbench's own methods pass, and what yours should.

from symbench.testing import check_discovery_method
def test_conforms():
    check_discovery_method(MyMethod())
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from symbench.classifiers.base import Classifier
from symbench.component import Component, Track
from symbench.data.tables.base import TableReader
from symbench.discovery.base import DiscoveryMethod, DistributionSample, FunctionSample, Symmetry
from symbench.errors import DataError, IncompatibleError

if TYPE_CHECKING:
    from torch import Tensor, nn


def check_component(component: Component) -> None:
    """What tasks, methods and classifiers owe alike; raises AssertionError with what is missing."""
    cls = type(component)
    for name in ("name", "version", "summary"):
        assert isinstance(getattr(cls, name, None), str), f"{cls.__name__} lacks the class variable {name!r}"
    for field, info in cls.model_fields.items():
        assert info.description, f"{cls.__name__}.{field} has no description"
    again = cls(**component.parameters(), **component.locations())
    assert again == component, f"{cls.__name__} does not survive its own parameters"


def check_discovery_method(method: DiscoveryMethod, *, budget: float = 0.02) -> None:
    """Run a method on small samples of its tracks, function and distribution, and hold it to its contract.

    The claim has the right shapes and finite numbers, the sample is left unchanged, the same seed gives the same claim
    bit for bit, and global random generators are not touched. A method may refuse a sample with an IncompatibleError,
    but not every one.
    """
    check_component(method)
    samples: list[FunctionSample | DistributionSample] = []
    if Track.FUNCTION in method.tracks:
        samples += [_function_sample(2, 1), _function_sample(4, 2)]
    if Track.DISTRIBUTION in method.tracks:
        samples += _distribution_samples()
    assert samples, "only methods of the function and the distribution track can be checked so far"
    checked = 0
    for sample in samples:
        before = sample.x.copy(), np.array(sample.y)
        state = np.random.get_state()[1].tobytes()  # type: ignore[index]  # noqa: NPY002
        try:
            first = method.fit(sample, seed=3, budget=budget)
        except IncompatibleError:
            continue
        checked += 1
        second = method.fit(sample, seed=3, budget=budget)
        assert np.random.get_state()[1].tobytes() == state, "numpy's global generator was used"  # type: ignore[index]  # noqa: NPY002
        assert np.array_equal(sample.x, before[0]), "the sample's vectors were changed"
        assert np.array_equal(np.array(sample.y), before[1]), "the sample's labels or companions were changed"
        _check_claim(first, sample.x)
        assert np.array_equal(first.generators, second.generators), "the same seed gave another claim"
        assert first.scalars == second.scalars, "the same seed gave other numbers"
        if first.fields is not None and second.fields is not None:
            assert np.array_equal(first.fields(sample.x), second.fields(sample.x)), "the same seed gave other fields"
    assert checked, "the method refused every sample"


def check_classifier(classifier: Classifier, *, invariant_under: Iterable[str] = (), bound: float = 1e-8) -> None:
    """Build a classifier's network and hold it to its contract, on jets of 1 to 12 constituents, with random weights.

    The logits are finite and depend on the jet; neither padding, what lies in it, the order of the constituents nor
    the other jets of the batch move them; they can be differentiated by the four-momenta, also for a jet without
    constituents; the same draw of torch's generator gives the same network. All in float64, to `bound` in units of the
    logits' spread; in float32 they follow the precision of the weights. What it proposes to search are its parameters.

    invariant_under  names of operations by matrices that must not move the logits either; the network's spurions, if
                     it has some, are transformed with the jet
    """
    import torch

    check_component(classifier)
    for name, dimension in classifier.search_space().items():
        for value in dimension.ends:
            type(classifier)(**{**classifier.model_dump(), name: value})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        first = classifier.build()
        torch.manual_seed(1)
        again = classifier.build()
        pairs = zip(first.state_dict().values(), again.state_dict().values(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs), "the same draw gave another network"
        p, mask = _jets()
        assert first.eval()(p, mask).dtype == next(first.parameters()).dtype, "logits lack the weights' precision"
        net = _far_from_its_start(first.double(), p, mask)
    with torch.no_grad():
        logits = net(p, mask)
        spread = float(logits.std(dim=0).max())
        assert logits.dim() == 2, f"logits have shape {tuple(logits.shape)}"
        assert len(logits) == len(p), f"{len(p)} jets gave {len(logits)} logits"
        assert logits.isfinite().all(), "a logit is not finite"
        assert spread > 0, "the logits do not depend on the jet"

        def unmoved(found: Tensor, by: str) -> None:
            moved = float((found - logits).abs().max()) / spread
            assert moved <= bound, f"{by} moves the logits by {moved:.2g} of their spread"

        pad = torch.nn.functional.pad
        unmoved(net(pad(p, (0, 0, 0, 5)), pad(mask, (0, 5))), "padding")
        unmoved(net(torch.where(mask.unsqueeze(-1), p, -7.0), mask), "what lies in the padding")
        order = torch.randperm(p.shape[1], generator=torch.Generator().manual_seed(0))
        unmoved(net(p[:, order], mask[:, order]), "the order of the constituents")
        unmoved(torch.cat([net(p[n : n + 1], mask[n : n + 1]) for n in range(len(p))]), "the rest of the batch")
        for operation in invariant_under:
            moved, options = _moved(net, operation, p)
            unmoved(net(moved, mask, **options), operation)
    inputs = torch.cat([p, torch.zeros_like(p[:1])]).requires_grad_()
    found = net(inputs, torch.cat([mask, torch.zeros_like(mask[:1])]))
    assert found.isfinite().all(), "a logit of a jet without constituents is not finite"
    (gradient,) = torch.autograd.grad(found.sum(), inputs)
    assert gradient.isfinite().all(), "a derivative by the four-momenta is not finite"


def check_reader(
    reader: type[TableReader],
    write: Callable[[Path, Mapping[str, npt.NDArray[Any]]], object],
    *,
    key: str | None = None,
) -> None:
    """Write small tables with `write(path, columns)` and hold a reader to the contract of `TableReader`.

    Exactly the named columns come back, with the values and kinds of numbers that were written, integers beyond 2⁵³
    included; repeated calls agree. A column that is absent, and more rows than the maximum, are DataErrors that begin
    with the path; so is, for files cut short or filled with noise, whatever is not read.

    key  passed to the reader; None for formats with one table
    """
    assert reader.suffixes, f"{reader.__name__} has no suffixes"
    assert all(s.startswith(".") and s == s.lower() for s in reader.suffixes), (
        f"suffixes like '.csv': {reader.suffixes}"
    )
    columns = _columns()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"table{reader.suffixes[0]}")
        write(path, columns)
        content = path.read_bytes()
        for names in (list(columns), ["weight"], ["run", "x"]):
            for _ in range(2):
                table = reader().read(str(path), names, key, len(columns["x"]))
                assert set(table) == set(names), f"{names} were selected, {list(table)} returned"
                for name in names:
                    _check_column(name, table[name], columns[name])
        assert path.read_bytes() == content, "the file was changed"
        _expect_data_error(reader, path, ["x", "wieght"], key, 40, mentions="weight")
        _expect_data_error(reader, path, ["x"], key, len(columns["x"]) - 1)
        rng = np.random.default_rng(6)
        damaged = [content[: len(content) * part // 8] for part in range(1, 8)]
        damaged += [rng.bytes(2000), bytes(2000), content[: len(content) // 2] + rng.bytes(len(content) // 2)]
        for text in damaged:
            path.write_bytes(text)
            _data_error(reader, path, ["x"], key, 40)


def _columns() -> dict[str, npt.NDArray[Any]]:
    rng = np.random.default_rng(5)
    return {
        "x": rng.normal(size=40),
        "weight": rng.normal(size=40).astype(np.float32).astype(np.float64),
        "run": 2**53 + np.arange(40, dtype=np.int64),
    }


def _check_column(name: str, values: npt.NDArray[Any], expected: npt.NDArray[Any]) -> None:
    assert isinstance(values, np.ndarray), f"{name!r} is a {type(values).__name__}, not an array"
    assert values.dtype.kind == expected.dtype.kind, f"{name!r} has type {values.dtype}, {expected.dtype} was written"
    assert values.dtype.isnative, f"{name!r} is not in native byte order"
    assert np.array_equal(values, expected), f"{name!r} has other values than were written"


def _expect_data_error(
    reader: type[TableReader], path: Path, names: list[str], key: str | None, maximum_rows: int, mentions: str = ""
) -> None:
    message = _data_error(reader, path, names, key, maximum_rows)
    assert message is not None, f"reading {names} with at most {maximum_rows} rows raised no DataError"
    assert mentions in message, f"an error about {names} does not name the nearest column: {message}"


def _data_error(
    reader: type[TableReader], path: Path, names: list[str], key: str | None, maximum_rows: int
) -> str | None:
    """The message of the DataError that reading raises, after its form is checked; None without an error."""
    message: str | None = None
    try:
        reader().read(str(path), names, key, maximum_rows)
    except DataError as error:
        message = str(error)
    assert message is None or message.startswith(str(path)), f"an error does not begin with the path: {message}"
    return message


def _jets() -> tuple[Tensor, Tensor]:
    """16 jets of 1 to 12 massless constituents, some hundred GeV, on both sides: p (16, 12, 4) and mask (16, 12)."""
    import torch

    rng = np.random.default_rng(4)
    axis = np.stack([rng.uniform(-1.5, 1.5, 16), rng.uniform(-np.pi, np.pi, 16)])
    eta, phi = axis[..., None] + rng.normal(0, 0.25, (2, 16, 12))
    pt = np.exp(rng.normal(2.5, 1.2, (16, 12)))
    p = np.stack([pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=-1)
    mask = np.arange(12) < np.r_[1, 2, 3, 12, rng.integers(4, 13, 12)][:, None]
    return torch.tensor(p * mask[..., None]), torch.tensor(mask)


def _far_from_its_start(net: nn.Module, p: Tensor, mask: Tensor) -> nn.Module:
    """The network in evaluation mode, with weights and running moments such that each of its parts matters."""
    import torch

    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
        net.train()
        for _ in range(3):
            net(p, mask)
    return net.eval()


def _moved(net: nn.Module, operation: str, p: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    import torch

    from symbench import registry
    from symbench.metrics.operations.base import MatrixOperation
    from symbench.metrics.operations.moved import operation_rng, transform

    registered = registry.find_operation(operation)
    if not isinstance(registered, MatrixOperation):
        raise ValueError(f"{operation} changes single constituents: it is no matrix")
    matrices = registered.matrices(registered.settings({}), len(p), operation_rng(operation, 0))
    spurions = getattr(net, "spurions", None)
    options = {}
    if isinstance(spurions, torch.Tensor):
        options["spurions"] = torch.tensor(transform(matrices, spurions.double().numpy()))
    return torch.tensor(transform(matrices, p.numpy())), options


def _check_claim(claim: Symmetry, x: npt.NDArray[np.float64]) -> None:
    n, vectors, dimension = x.shape
    k = len(claim.generators)
    assert claim.generators.shape == (k, dimension, dimension), f"generators have shape {claim.generators.shape}"
    if claim.fields is not None:
        assert k == 0, "fields are claimed, and generators beside them"
        values = claim.fields(x)
        k = len(values)
        assert values.shape == (k, n, vectors, dimension), f"fields have shape {values.shape}"
        assert np.isfinite(values).all(), "a field is not finite"
    assert claim.confidence.shape == (k,), f"{k} symmetries, but confidences {claim.confidence.shape}"
    assert np.isfinite(claim.generators).all(), "a generator is not finite"
    assert ((claim.confidence >= 0) & (claim.confidence <= 1)).all(), "a confidence lies outside [0, 1]"
    assert all(np.linalg.norm(generator) > 0 for generator in claim.generators), "a generator is zero"
    assert all(np.isfinite(value) for value in claim.scalars.values()), "a scalar is not finite"


def _function_sample(dimension: int, vectors: int) -> FunctionSample:
    """Gaussian vectors labelled by the square of their sum, invariant under rotations."""
    x = np.random.default_rng(1).normal(size=(80, vectors, dimension))
    y = np.square(x.sum(axis=1)).sum(axis=1)
    return FunctionSample(x, y, "number", truth=_rotations(dimension))


def _distribution_samples() -> list[DistributionSample]:
    """Gaussian vectors, whose density is invariant under rotations: alone, with a class, and with companions."""
    rng = np.random.default_rng(2)
    x, truth = rng.normal(size=(80, 2, 4)), _rotations(4)
    return [
        DistributionSample(x, None, truth),
        DistributionSample(x, (np.square(x).sum(axis=(1, 2)) > 8).astype(np.int64), truth),
        DistributionSample(x, x[:, :1] + rng.normal(size=(80, 1, 4)), truth),
        DistributionSample(x, x + rng.normal(size=(80, 2, 4)), truth),
    ]


def _rotations(dimension: int) -> npt.NDArray[np.float64]:
    """so(dimension) in its standard basis (k, d, d)."""
    unit = np.eye(dimension)
    pairs = [(i, j) for i in range(dimension) for j in range(i)]
    return np.stack([np.outer(unit[i], unit[j]) - np.outer(unit[j], unit[i]) for i, j in pairs])
