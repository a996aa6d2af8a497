"""Products of components for trees."""

import numpy as np

from symbench.stats.tree_inputs import MOST_PRODUCTS, products


def test_every_product_of_two_components_once() -> None:
    x = np.array([[2.0, 3.0, 5.0], [1.0, -1.0, 0.0]])
    assert products(x).tolist() == [[4, 6, 10, 9, 15, 25], [1, -1, 0, 1, 0, 0]]


def test_none_if_they_are_too_many() -> None:
    assert products(np.ones((4, 20))).shape == (4, MOST_PRODUCTS)
    assert products(np.ones((4, 21))).shape == (4, 0)
