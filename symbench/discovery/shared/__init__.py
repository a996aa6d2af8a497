"""Parts of several methods: smooth fits of labels, networks for conserved functions, two-sample tests."""
