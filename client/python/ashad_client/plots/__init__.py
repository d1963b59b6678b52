"""What `ashad plot` and `client.plot` draw, by matplotlib, which nothing else imports.

front_figure      the front of a study that is judged by fronts
parameter_figure  the best value of each trial by each of its parameters
picture           a drawing that a notebook shows, and that can be saved
search_data       what is drawn of a search
search_figure     curves, best so far, rung ladder
"""
