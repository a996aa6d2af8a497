"""`polynomial-flow`: ten polynomial equations of motion whose linear symmetries are known exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from symbench.data.domain import Domain
from symbench.data.sizes import Sizes
from symbench.registry import task
from symbench.tasks.base import DataContext, FlowSymmetryTask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.algebra.polynomial_fields import Box, BracketForms
    from symbench.data.container import Dataset
    from symbench.data.orbits.polynomial_systems import PolynomialSystem

_DATA_SEED = 20_260_101

_TRUTH = {
    "hopf": "so(2)",
    "radial": "so(3)",
    "hyperbolic": "so(2,1)",
    "shear": "aff(1)",
    "toric": "abelian(2)",
    "oscillators": "so(1,3)+abelian(2)",
    "quartic": "so(2)",
    "lorenz": "none",
    "hopf-broken": "none",
    "oscillator-far": "none",
}


@task("polynomial-flow")
class PolynomialFlow(FlowSymmetryTask):
    """Which matrices are symmetries of ẋ = F(x), from states of the box |xᵢ| ≤ 1 with measured velocities?

    An event is one state, uniform in the box |xᵢ| ≤ `coverage`, with its velocity and normal errors of the same size
    in all components. Claims are judged in the whole box |xᵢ| ≤ 1: a claim is false if a direction in its span has a
    relative defect (`algebra.polynomial_fields`) above 5 % there, by the exact equation. With a coverage below 1 the
    claim extrapolates, unless it states the smaller domain in which it was tested; that case has a metric of its own.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "linear symmetries of polynomial equations of motion, known exactly; for calibration"
    reference: ClassVar[str] = "in the manner of SymCert (2026), whose ten systems are others"

    system: Literal[
        "hopf",
        "radial",
        "hyperbolic",
        "shear",
        "toric",
        "oscillators",
        "quartic",
        "lorenz",
        "hopf-broken",
        "oscillator-far",
    ] = Field("hopf", description="the equation of motion; the last three have no symmetry")
    noise: float = Field(
        0.01, ge=0, le=10, description="error of a velocity component, in root mean squares of F over |xᵢ| ≤ 1"
    )
    coverage: float = Field(1.0, gt=0, le=1, description="half width of the box that contains the states")
    states: int = Field(20_000, ge=100, le=1_000_000, description="states from which training sets are drawn")
    test_states: int = Field(500, ge=10, le=100_000, description="test states for the metrics")

    @property
    def dt(self) -> float:
        return 1.0  # an event is a single state

    def identity(self) -> dict[str, Any]:
        return {
            "generator": "PCG64",
            "data_seed": _DATA_SEED,
            "system": self.system,
            "noise": self.noise,
            "coverage": self.coverage,
            "states": self.states + self.test_states,
        }

    def sizes(self) -> Sizes:
        return Sizes(train=self.states, validation=0, test=self.test_states)

    def load(self, context: DataContext) -> Dataset:
        import numpy as np

        from symbench.algebra.polynomial_fields import monomials, powers, with_constant
        from symbench.data.container import Dataset, Provenance

        system, total = self.equation(), self.states + self.test_states
        d = system.dimension
        rng = np.random.Generator(np.random.PCG64(_DATA_SEED))
        x = rng.uniform(-self.coverage, self.coverage, (total, d))
        exponents = with_constant(monomials(d, system.degree))
        coefficients = system.coefficients(exponents)
        forms = self._forms(exponents, None)
        size = float(np.linalg.norm(forms.size @ coefficients)) / d**0.5
        velocity = powers(exponents, x) @ coefficients.reshape(d, -1).T
        velocity = velocity + self.noise * size * rng.standard_normal(velocity.shape)
        return Dataset.numbered(
            vectors=x[:, None],
            provenance=Provenance(
                source=f"made: polynomial equation of motion {self.system}",
                selection=f"states uniform in |x| <= {self.coverage:g}, seed {_DATA_SEED}",
                licence="CC0-1.0",
                notes=(f"velocities with errors of {self.noise:g} of the root mean square of F",),
            ),
            features=velocity[:, None],
        )

    def equation(self) -> PolynomialSystem:
        """The equation of motion."""
        from symbench.data.orbits.polynomial_systems import SYSTEMS

        return SYSTEMS[self.system]()

    def truth(self) -> npt.NDArray[np.float64]:
        return self.equation().generators()

    def truth_name(self) -> str:
        return _TRUTH[self.system]

    def largest_defect(self, generators: npt.NDArray[np.float64], domain: Domain | None = None) -> float:
        from symbench.algebra.polynomial_fields import Box, monomials, with_constant

        system = self.equation()
        exponents = with_constant(monomials(system.dimension, system.degree))
        forms = self._forms(exponents, None if domain is None else Box(domain.low, domain.high))
        return forms.largest_defect(system.coefficients(exponents), generators)

    def _forms(self, exponents: npt.NDArray[np.int64], box: Box | None) -> BracketForms:
        from symbench.algebra.polynomial_fields import Box, BracketForms

        return BracketForms(exponents, box or Box.around_zero(1.0, exponents.shape[1]))
