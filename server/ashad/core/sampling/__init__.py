"""Sampling: which configuration comes next.

prng               random numbers as a function of (seed, trial)
draw               what a sampler is given for one configuration
unit_cube          configurations as points of the unit cube
enumeration        the configurations of a finite space by number
configuration_set  those of them that were tried
translation        the numbers that configurations have in another version of a space
grid               the points of a grid
halton             the Halton sequence
tpe                kernel densities of good and bad configurations
outside            the settings of samplers outside the core
samplers           the sampler of a spec, and the draw
perturbation       what population based training makes of a configuration
"""
