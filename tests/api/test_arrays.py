"""Discovery and training on arrays."""

from __future__ import annotations

import numpy as np
import pytest

import symbench as sb


@pytest.fixture(scope="module")
def plane() -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(3).normal(size=(300, 2)) * 40
    return x, (x**2).sum(axis=1)


def test_a_rotation_is_discovered_in_arrays(plane: tuple[np.ndarray, np.ndarray]) -> None:
    symmetry = sb.discover("nullspace", *plane, seed=1)
    assert isinstance(symmetry, sb.Symmetry)
    assert symmetry.name == "so(2)"
    assert symmetry.confidence.shape == (1,)
    assert symmetry.angles_to("so(2)").max() < 1
    assert symmetry.angles_to(sb.named_algebra("so(1,1)")).min() > 60
    residuals = symmetry.residuals()
    assert residuals.shape == (300, 1)
    assert np.sqrt(np.mean(residuals**2)) < 0.05
    assert "so(2)" in symmetry._repr_html_()
    assert repr(symmetry) == "Symmetry(so(2): 1 generator)"


def test_a_plot_shows_the_sparsest_basis_and_is_a_png_of_its_own() -> None:
    rng = np.random.default_rng(2)
    mixed = np.einsum("ij,jab->iab", rng.normal(size=(6, 6)), sb.named_algebra("so(1,3)"))
    figure = sb.Symmetry(mixed, np.ones(6)).plot(["E", "px", "py", "pz"])
    assert [panel.get_title() for panel in figure.axes] == ["J_x", "J_y", "J_z", "K_x", "K_y", "K_z"]
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]


def test_a_method_abstains_on_a_label_without_symmetry(plane: tuple[np.ndarray, np.ndarray]) -> None:
    x, _ = plane
    symmetry = sb.discover("nullspace", x, np.sin(x[:, 0] / 40) + (x[:, 1] / 40) ** 3 + x[:, 0] * x[:, 1] / 1600)
    assert symmetry.name == "none"
    assert repr(symmetry) == "Symmetry(none)"
    assert symmetry.residuals().shape == (300, 0)


def test_trajectories_and_densities_are_other_questions() -> None:
    time = np.arange(60) * 0.1
    phase = np.random.default_rng(0).uniform(0, 6, size=(24, 1))
    radius = np.random.default_rng(1).uniform(0.5, 1.5, size=(24, 1))
    states = radius[..., None] * np.stack([np.cos(time - phase), np.sin(time - phase)], axis=-1)
    symmetry = sb.discover("noether", states, dt=0.1)
    assert symmetry.conserved is not None
    assert "1 conserved function" in repr(symmetry)
    with pytest.raises(sb.IncompatibleError, match="nullspace answers questions of the function track"):
        sb.discover("nullspace", states, dt=0.1)
    with pytest.raises(sb.IncompatibleError, match="not of the distribution track"):
        sb.discover("nullspace", states[:, 0])


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros(4), None, r"\(N, d\) or \(N, P, d\)"),
        (np.full((4, 2), np.nan), np.zeros(4), "not finite"),
        (np.ones((4, 2)), np.zeros(3), "one label for each event"),
        (np.ones((4, 2)), np.full(4, np.inf), "y contains values that are not finite"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(x: np.ndarray, y: np.ndarray | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sb.discover("nullspace", x, y)


@pytest.fixture(scope="module")
def jets() -> tuple[np.ndarray, np.ndarray]:
    """Two hundred jets of three massless constituents, of which class 1 is wide."""
    rng = np.random.default_rng(5)
    label = np.arange(200) % 2
    width = np.where(label == 1, 0.5, 0.05)[:, None]
    pt, eta, phi = rng.uniform(50, 100, (200, 3)), rng.normal(0, width, (200, 3)), rng.normal(0, width, (200, 3))
    momenta = np.stack([pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=-1)
    momenta[::4, 2] = 0
    return momenta, label


def test_a_classifier_is_trained_on_arrays(jets: tuple[np.ndarray, np.ndarray]) -> None:
    model = sb.train("pfn", *jets, epochs=6, seed=2)
    assert isinstance(model, sb.TrainedClassifier)
    assert model.scores["auc"] > 0.95
    probabilities = model.probabilities(jets[0][:10])
    assert probabilities.shape == (10, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    again = sb.train("pfn", *jets, epochs=6, seed=2)
    assert again.scores == model.scores
    assert "pfn" in model._repr_html_()


def test_equal_jets_count_once(jets: tuple[np.ndarray, np.ndarray]) -> None:
    twice = np.concatenate([jets[0], jets[0]]), np.concatenate([jets[1], jets[1]])
    assert sb.train("pfn", *twice, epochs=2).scores == sb.train("pfn", *jets, epochs=2).scores


def test_three_classes_have_three_outputs(jets: tuple[np.ndarray, np.ndarray]) -> None:
    momenta, label = jets
    label = np.where(np.arange(200) % 3 == 0, 2, label)
    assert sb.train("pfn", momenta, label, epochs=1).logits(momenta[:5]).shape == (5, 3)


@pytest.mark.parametrize(
    ("momenta", "labels", "message"),
    [
        (np.ones((5, 4)), np.zeros(5, int), r"\(N, P, 4\) is needed"),
        (np.ones((5, 2, 4)), np.zeros(5), "integers"),
        (np.ones((5, 2, 4)), np.zeros(4, int), r"integers \(5,\)"),
        (np.ones((5, 2, 4)), np.full(5, -1), "negative"),
        (np.ones((5, 2, 4)), np.zeros(5, int), "1 distinct jets leave none"),
    ],
)
def test_jets_that_do_not_fit_are_refused(momenta: np.ndarray, labels: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sb.train("pfn", momenta, labels)


def test_events_without_a_label_are_asked_what_their_vectors_share() -> None:
    """Pairs with x₁·x₂ = ½ in every event; a single vector shares nothing."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 2, 2))
    missing = 0.5 - (x[:, 0] * x[:, 1]).sum(-1)
    x[:, 1] += (missing / (x[:, 0] ** 2).sum(-1))[:, None] * x[:, 0]
    symmetry = sb.discover("casimir", x)
    assert repr(symmetry) == "Symmetry(so(2): 1 generator; 1 shared function)"
    with pytest.raises(ValueError, match="one vector in an event"):
        sb.discover("casimir", x[:, 0])
