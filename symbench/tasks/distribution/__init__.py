"""Distribution track: which linear maps leave the density of the data unchanged?"""
