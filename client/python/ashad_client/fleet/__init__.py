"""Workers that an engine of other people starts: how many a study can use, and doors for functions.

Each door imports its engine at its top, so `ashad_client` alone needs none of them.

death_signal  ends an agent with the worker that started it
dask    tasks of a Dask cluster, and scaling by demand
demand  how many workers would have a trial now
pool    as many workers as a study can use
ray     actors of a Ray cluster
ray_agents  agents as actors that outlive who launched them
slurm   a job array, by submitit
work    what one worker does
"""
