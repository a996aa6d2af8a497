"""The looks of methods in figures."""

from symbench.report.style import Palette


def test_no_two_of_thirty_methods_look_alike() -> None:
    methods = [f"method-{i}" for i in range(30)]
    palette = Palette([*methods, "truth"], ["truth"])
    assert len({(palette.colour(m), palette.marker(m)) for m in methods}) == 30
    assert palette.colour("truth") not in {palette.colour(m) for m in methods}
