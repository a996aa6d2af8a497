"""The step of the build that pyproject.toml cannot state: a wheel has the folder suites/ as symbench/suites/."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithSuites(build_py):
    """Copies the suites beside the modules; an editable installation reads them from the checkout."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for source, target in self._suites().items():
                self.mkpath(str(target.parent))
                self.copy_file(str(source), str(target))

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        copied = [] if self.editable_mode else [str(target) for target in self._suites().values()]
        return [*super().get_outputs(include_bytecode), *copied]

    def get_source_files(self) -> list[str]:
        return [*super().get_source_files(), *map(str, self._suites())]

    def _suites(self) -> dict[Path, Path]:
        folder = Path(self.build_lib, "symbench", "suites")
        return {source: folder / source.name for source in sorted(Path("suites").glob("*.yaml"))}


setup(cmdclass={"build_py": BuildWithSuites})
