"""Classifiers of jets. One file a classifier, with its parameters; importing it is light.

nets/      the torch modules that the classifiers build
training/  the one training loop that all of them share
evaluate/  scores on test events, invariance under operations, Lie derivatives
"""
