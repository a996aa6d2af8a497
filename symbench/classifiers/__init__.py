"""Classifiers of jets. One file per classifier, which holds its parameters and imports fast.

nets/      the torch modules that the classifiers build
training/  the one training loop that all of them share
evaluate/  scores on test events, invariance under operations, Lie derivatives
"""
