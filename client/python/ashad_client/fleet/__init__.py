"""Workers that an engine of other people starts: how many a study can use, and doors for functions.

Each door imports its engine at its top, so `ashad_client` alone needs none of them.

dask    tasks of a Dask cluster, and scaling by demand
demand  how many workers would have a trial now
ray     actors of a Ray cluster
work    what one worker does
"""
