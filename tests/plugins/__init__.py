"""Plug-in files that other tests load, and the tests of plug-ins themselves."""
