"""No file of the product and of the lab imports itself by way of others, not for types nor inside a function."""

from graphlib import TopologicalSorter

import grimp
import pytest


@pytest.mark.parametrize("package", ["orchestrator", "sspr_lab"])
def test_no_file_imports_itself_by_way_of_others(package: str) -> None:
    """The imports of a distribution have an order; CycleError names a circle where they have none."""
    graph = grimp.build_graph(package, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imports) > 100  # it is the whole distribution
    TopologicalSorter(imports).prepare()
