"""Print constraints that hold every dependency of pyproject.toml at the lowest release series that it declares.

`numpy>=2` becomes `numpy==2.0.*`, `ray[tune]>=2.50,<2.61` becomes `ray==2.50.*`; one without a lower bound is left out.
Tools of the extra `dev` are left out too: they check the code and are not used by it.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[[^]]*\])?\s*(?P<versions>[^;]*)")


def lowest(requirement: str) -> str | None:
    """The constraint of one requirement; None if it has no lower bound."""
    found = REQUIREMENT.match(requirement)
    assert found is not None, requirement
    bound = re.search(r"(>=|==)\s*([\d.]+)", found["versions"])
    if bound is None:
        return None
    if bound[1] == "==":
        return f"{found['name']}=={bound[2]}"
    series = bound[2] if "." in bound[2] else f"{bound[2]}.0"
    return f"{found['name']}=={series}.*"


def constraints(project: dict[str, object]) -> list[str]:
    """Constraints for the table `project` of a pyproject.toml."""
    extras = project.get("optional-dependencies", {})
    needed = project["dependencies"]
    assert isinstance(needed, list)
    assert isinstance(extras, dict)
    requirements = [*needed, *(one for name, listed in extras.items() if name != "dev" for one in listed)]
    found = (lowest(requirement) for requirement in requirements if not requirement.startswith("symbench["))
    return [constraint for constraint in found if constraint is not None]


if __name__ == "__main__":
    file = Path(__file__).parents[1] / "pyproject.toml"
    sys.stdout.write("\n".join(constraints(tomllib.loads(file.read_text())["project"])) + "\n")
