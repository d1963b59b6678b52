"""What `ashad plot` draws.

parameter_figure  the best value of each trial by each of its parameters
search_data       what is drawn of a search
search_figure     curves, best so far, rung ladder
"""
