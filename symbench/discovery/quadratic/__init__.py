"""`quadratic`: least squares on products of components, and the linear maps that preserve the fitted form."""
