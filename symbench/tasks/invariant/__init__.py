"""Tasks without a label: which functions are nearly the same in every event?"""
